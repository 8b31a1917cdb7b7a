package console

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// NewHandler returns a [slog.Handler] that writes each record to w as one line made to be read:
//
//	15:04:05.000 part3-pool conn 3 accepted 127.0.0.1:52344
//
// The source (a part's name, or "") stands on each line. Three attributes say which client or worker a line is
// about, and stand before the message: "conn" and "worker", numbered from 1, and "lane", numbered from 0. Conn 1 has
// the colour of lane 0. An attribute "stack" follows on lines of its own. Every other attribute is appended as
// key=value. Characters that a terminal would obey are escaped in all of them, so nothing that a client says can
// forge a line or overwrite one.
//
// Records below level are dropped before they are formatted. Lines of concurrent records do not mix. A record is
// written before the call returns: when w is a pipe that is full, and nobody reads it, the program that logs waits.
func NewHandler(w io.Writer, source string, color bool, level slog.Leveler) slog.Handler {
	return &handler{out: &sharedWriter{w: w}, source: source, color: color, level: level}
}

// NewLogger returns a logger over [NewHandler] for a command. With quiet it logs only what went wrong.
func NewLogger(w io.Writer, source string, mode ColorMode, quiet bool) *slog.Logger {
	level := slog.LevelInfo
	if quiet {
		level = slog.LevelWarn
	}
	return slog.New(NewHandler(w, source, mode.Enabled(w), level))
}

type handler struct {
	out    *sharedWriter
	source string
	color  bool
	level  slog.Leveler
	attrs  []slog.Attr
}

type sharedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

// Handle writes one record in the form that NewHandler describes.
func (h *handler) Handle(_ context.Context, r slog.Record) error {
	var line, tail bytes.Buffer
	if !r.Time.IsZero() {
		line.WriteString(Faint(r.Time.Format("15:04:05.000"), h.color) + " ")
	}
	if h.source != "" {
		line.WriteString(Faint(h.source, h.color) + " ")
	}
	for _, a := range h.attrs {
		h.show(&line, &tail, a)
	}
	r.Attrs(func(a slog.Attr) bool {
		h.show(&line, &tail, a)
		return true
	})
	switch {
	case r.Level >= slog.LevelError:
		line.WriteString(Alarm("error: ", h.color))
	case r.Level >= slog.LevelWarn:
		line.WriteString(Alarm("warning: ", h.color))
	}
	line.WriteString(oneLine(r.Message)) // what a client or a panic says cannot forge a line
	line.Write(tail.Bytes())
	line.WriteByte('\n')

	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	_, err := h.out.w.Write(line.Bytes())
	return err
}

// show writes a before the message if it says which client or worker the line is about, and behind it otherwise.
func (h *handler) show(line, tail *bytes.Buffer, a slog.Attr) {
	v := a.Value.Resolve()
	number := -1
	if v.Kind() == slog.KindInt64 {
		number = int(v.Int64())
	}
	switch {
	case a.Equal(slog.Attr{}): // by slog's rules, to be ignored
	case a.Key == "conn" && number > 0:
		line.WriteString(Lane(number-1).Paint(fmt.Sprintf("conn %d", number), h.color) + " ")
	case a.Key == "lane" && number >= 0:
		line.WriteString(Lane(number).Paint(fmt.Sprintf("conn%d", number), h.color) + " ")
	case a.Key == "worker" && number > 0:
		fmt.Fprintf(line, "worker %d ", number)
	case a.Key == "stack":
		fmt.Fprintf(tail, "\n%s", printable(strings.TrimRight(v.String(), "\n")))
	default:
		fmt.Fprintf(tail, " %s=%s", oneLine(a.Key), value(v.String()))
	}
}

// value quotes what would not read as one value.
func value(text string) string {
	if text == "" || strings.ContainsAny(text, " \t\"=") || oneLine(text) != text {
		return strconv.Quote(text)
	}
	return text
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = slices.Concat(h.attrs, attrs)
	return &with
}

// WithGroup leaves keys as they are: this project logs nothing in groups.
func (h *handler) WithGroup(string) slog.Handler { return h }
