package console

import (
	"fmt"
	"io"
	"os"

	"github.com/fatih/color"
	"golang.org/x/term"
)

// A ColorMode is the value of a -color flag: auto, always or never. The zero value is auto.
type ColorMode string

// String is part of [flag.Value].
func (m *ColorMode) String() string {
	if *m == "" {
		return "auto"
	}
	return string(*m)
}

// Set is part of [flag.Value]. It refuses what is not a mode.
func (m *ColorMode) Set(s string) error {
	switch s {
	case "auto", "always", "never":
		*m = ColorMode(s)
		return nil
	}
	return fmt.Errorf("want auto, always or never")
}

// Enabled reports whether to colour what is written to w. The flag decides first, then NO_COLOR
// (https://no-color.org), then FORCE_COLOR, then TERM=dumb, then whether w is a terminal.
func (m ColorMode) Enabled(w io.Writer) bool {
	switch {
	case m == "always" || m == "never":
		return m == "always"
	case os.Getenv("NO_COLOR") != "":
		return false
	case os.Getenv("FORCE_COLOR") != "":
		return os.Getenv("FORCE_COLOR") != "0"
	}
	return Interactive(w)
}

// Interactive reports whether w is a terminal that obeys escape sequences and carriage returns, so that what is
// written there can be coloured, and taken back.
func Interactive(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// A Color is one colour as a page and as a terminal name it.
type Color struct {
	Hex      string // for SVG and CSS
	terminal color.Attribute
}

// palette is the palette of Okabe and Ito, whose colours colour-blind readers tell apart
// (https://jfly.uni-koeln.de/color/). It leaves out black, which is the colour of text. Each colour has the nearest
// of a terminal's 256 beside it.
var palette = []Color{
	{"#0072B2", 32},  // blue
	{"#E69F00", 214}, // orange
	{"#009E73", 36},  // bluish green
	{"#CC79A7", 175}, // reddish purple
	{"#56B4E9", 117}, // sky blue
	{"#D55E00", 166}, // vermilion
	{"#F0E442", 227}, // yellow
}

// Lane returns the colour of the i-th lane, or client, counted from 0. It is the same in the log, in the terminal's
// chart and in the picture. Colours repeat, so they never carry a meaning alone.
func Lane(i int) Color { return palette[i%len(palette)] }

// Paint returns text in the colour c, or as it is if color is not enabled.
func (c Color) Paint(text string, enabled bool) string {
	return paint(text, enabled, 38, 5, c.terminal) // 38;5;N is colour N of 256
}

// Faint returns text less visibly, or as it is if color is not enabled.
func Faint(text string, enabled bool) string { return paint(text, enabled, color.Faint) }

// Strong returns text more visibly, or as it is if color is not enabled.
func Strong(text string, enabled bool) string { return paint(text, enabled, color.Bold) }

// Alarm returns text as a failure, or as it is if color is not enabled.
func Alarm(text string, enabled bool) string { return paint(text, enabled, color.FgRed, color.Bold) }

func paint(text string, enabled bool, attributes ...color.Attribute) string {
	if !enabled {
		return text
	}
	c := color.New(attributes...)
	c.EnableColor() // the writer has been asked; the library would ask standard output
	return c.Sprint(text)
}
