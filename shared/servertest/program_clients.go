package servertest

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/process"
)

func (p program) threeClients(t *testing.T) {
	s := p.start(t)
	chart := client.Run{
		Dial:    client.Dial(s.Addr),
		Clients: 3,
		Pause:   20 * time.Millisecond,
		Log:     slog.New(slog.DiscardHandler),
	}.Do(t.Context())
	for _, l := range chart.Lanes {
		if l.Failure != "" {
			t.Errorf("%s: %s", l.Name, l.Failure)
		}
	}
	if want := min(p.promise.Greeted, 3); chart.AtOnce() != want {
		t.Errorf("of three clients, %d are served at once, want %d", chart.AtOnce(), want)
	}
	waitFor(t, s, "the log to be complete", func(vars) bool { return strings.Count(s.Log(), " done ") == 3 })
	// Whether the third was accepted before it was served, the log says by the order of its lines.
	log := s.Log()
	third := strings.Index(log, "conn 3 accepted")
	serving := strings.Index(log, "conn 3 serving")
	firstDone := strings.Index(log, " done ")
	if third < 0 || serving < third || firstDone < 0 {
		t.Fatalf("the log lacks a line, or has them out of order:\n%s", log)
	}
	if before := third < firstDone; before != (p.promise.Accepted >= 3) {
		t.Errorf("the third client accepted before one is done: %v, want %v\n%s", before, p.promise.Accepted >= 3, log)
	}
}

// anyClient talks as other programs do.
func (p program) anyClient(t *testing.T) {
	s := p.start(t, "-quiet")
	for _, send := range []struct {
		how    string
		pieces []string
	}{
		{"in one piece", []string{"^abc$de^abte$f"}},
		{"byte by byte", strings.Split("^abc$de^abte$f", "")},
		{"ending inside a message", []string{"^abcd^ab"}},
		{"nothing", nil},
	} {
		conn := dial(t, s.Addr)
		for _, piece := range send.pieces {
			if _, err := io.WriteString(conn, piece); err != nil {
				t.Fatal(err)
			}
		}
		conn.CloseWrite() // as nc -q1 does
		got, err := io.ReadAll(conn)
		if want := "*" + oracle(strings.Join(send.pieces, "")); err != nil || string(got) != want {
			t.Errorf("%s: got %q (%v), want %q", send.how, got, err, want)
		}
		conn.Close()
	}
	if log := s.Log(); strings.Contains(log, "conn ") {
		t.Errorf("with -quiet the log has lines about clients:\n%s", log)
	}
}

// otherProtocols lets the project's own client check all that it is answered.
func (p program) otherProtocols(t *testing.T) {
	for protocol, run := range map[string]client.Run{
		"http":  {Paths: []string{"/sleep?d=20ms", "/", "/spin?d=1ms"}},
		"words": {Words: []string{"light", "television", "light"}},
	} {
		s := p.start(t, "-protocol", protocol)
		run.Dial, run.Clients, run.Protocol, run.Log = client.Dial(s.Addr), 6, protocol, slog.New(slog.DiscardHandler)
		chart := run.Do(t.Context())
		for _, l := range chart.Lanes {
			if l.Failure != "" {
				t.Errorf("%s, %s: %s", protocol, l.Name, l.Failure)
			}
		}
		if most := chart.AtOnce(); most > p.promise.Greeted {
			t.Errorf("%s: %d clients are served at once, want at most %d", protocol, most, p.promise.Greeted)
		}
	}
}

// neighbour is a healthy client beside or after a fault.
func (p program) neighbour(t *testing.T, s *process.Server) {
	t.Helper()
	conn := dial(t, s.Addr)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "^abc$")
	conn.CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || string(got) != "*bcd" {
		t.Errorf("a healthy client got %q (%v), want %q", got, err, "*bcd")
	}
}
