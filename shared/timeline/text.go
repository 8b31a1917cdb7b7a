package timeline

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"example.com/concurrent-servers/shared/console"
)

const (
	minWidth, maxWidth = 60, 200
	minPlot            = 20
	longLegend         = 66 // a legend that names no acceptance never needs a second line in this width
	otherRows          = 7  // around the lanes of one chart: title, axis, fold, legend, elapsed time, prompt
)

// A Size is the room for a drawing, in characters. A height of 0 is no bound.
type Size struct{ Width, Height int }

// SizeOf returns the size of the terminal behind w. If w is no terminal but, for example, a log file, it returns 80
// columns without a bound of the height.
func SizeOf(w io.Writer) Size {
	if f, ok := w.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return Size{width, height}
		}
	}
	return Size{Width: 80}
}

// Text draws the charts below one another on one scale, each with the reasons of its failures below it. It draws
// widths below 60 and above 200 as those. Where the height has no room for all lanes of a chart, it folds the last
// ones into one line.
func Text(w io.Writer, size Size, color bool, charts ...Chart) error {
	t := newText(size, color, charts)
	for i, c := range charts {
		if i > 0 {
			t.out.WriteByte('\n')
		}
		t.chart(c)
	}
	t.legend(charts)
	_, err := io.WriteString(w, t.out.String())
	return err
}

// legend says what the marks in the charts mean, in as many lines as that takes. Where no acceptance
// is known it always names the same marks, and late replies if there are any. Otherwise it names what
// is drawn.
func (t *text) legend(charts []Chart) {
	known, dots := acceptances(charts)
	words := []string{"◆ arrived"}
	for _, mark := range []struct {
		always bool
		mark   string
		word   string
	}{
		{!known, "·", "··· " + dots},
		{false, ":", "::: accepted, waiting"},
		{true, "━", "━━━ served"},
		{false, "╍", "╍╍╍ late"},
		{!known, failedMark, failedMark + " failed"},
		{false, refusedMark, refusedMark + " refused"},
	} {
		if mark.always || strings.Contains(t.drawn, mark.mark) {
			words = append(words, mark.word)
		}
	}
	for line := range strings.SplitSeq(joined(words, t.width), "\n") {
		indent := min(t.label, t.width-utf8.RuneCountInString(line)) // less than the label where names are long
		fmt.Fprintf(&t.out, "%*s%s\n", indent, "", console.Faint(line, t.color))
	}
}

// joined returns the words with gaps between them, in lines of at most width characters.
func joined(words []string, width int) string {
	text, room := words[0], width-utf8.RuneCountInString(words[0])
	for _, word := range words[1:] {
		gap := "  "
		if room -= utf8.RuneCountInString(gap + word); room < 0 {
			gap, room = "\n", width-utf8.RuneCountInString(word)
		}
		text += gap + word
	}
	return text
}

// A text is a drawing in the making. A line of it consists of a label, a cell for the diamond, the scale's cells, a
// cell for the mark of a failure, a gap, and the notes.
type text struct {
	out    strings.Builder
	drawn  string // the marks of all lanes, for the legend
	color  bool
	width  int // of the drawing
	height int // of the lanes of a chart and the reasons below them
	label  int // width of the names with their gap
	waits  int // width of the notes about waiting with their gap, 0 if nobody waits
	ends   int // width of the notes about the ends
	scale  scale
}

func newText(size Size, color bool, charts []Chart) *text {
	width := min(max(size.Width, minWidth), maxWidth)
	t := &text{color: color, width: width, height: math.MaxInt}
	if size.Height > 0 {
		t.height = size.Height - otherRows
		if known, _ := acceptances(charts); known || width < longLegend {
			t.height--
		}
	}
	finest := newScale(charts, maxWidth) // names every time that the real scale can name
	for _, c := range charts {
		for _, l := range c.Lanes {
			t.label = max(t.label, utf8.RuneCountInString(l.Name)+2)
			t.ends = max(t.ends, utf8.RuneCountInString(l.endNote(finest)))
			if note := l.waitNote(finest); note != "" {
				t.waits = max(t.waits, utf8.RuneCountInString(note)+2)
			}
		}
	}
	t.label = min(t.label, width/4)
	const between = 3 // the diamond, the mark of a failure, and the gap before the notes
	t.ends = min(t.ends, width-t.label-minPlot-between-t.waits)
	t.scale = newScale(charts, width-t.label-between-t.waits-t.ends)
	return t
}

func (t *text) chart(c Chart) {
	if c.Title != "" {
		t.out.WriteString(t.title(c.Title) + "\n")
	}
	t.axis()
	reasons := c.reasons(t.width - t.label)
	shown := c.Lanes[:min(len(c.Lanes), max(t.height-len(reasons), 1))]
	for i, l := range shown {
		t.lane(i, l)
	}
	if folded := len(c.Lanes) - len(shown); folded > 0 {
		fmt.Fprintf(&t.out, "%*s… and %d more\n", t.label, "", folded)
	}
	for _, line := range reasons {
		fmt.Fprintf(&t.out, "%*s%s\n", t.label, "", t.alarm(line))
	}
}

// alarm paints the mark of a failure with which a line begins.
func (t *text) alarm(line string) string {
	if rest, found := strings.CutPrefix(line, failedMark); found {
		return console.Alarm(failedMark, t.color) + rest
	}
	return line
}

// title paints the server's name, with which a title may begin, in the server's colour.
func (t *text) title(title string) string {
	name, _, _ := strings.Cut(title, ":")
	look, _, found := console.Part(name)
	return look.Paint(name, t.color && found) + title[len(name):]
}

func (t *text) axis() {
	line := strings.Repeat(" ", t.label)
	for _, tick := range t.scale.ticks(1, 3) {
		column, label := t.label+1+t.scale.cell(tick), console.Duration(tick)
		if column+utf8.RuneCountInString(label) <= t.width {
			line = pad(line, column) + label
		}
	}
	t.out.WriteString(console.Faint(line, t.color) + "\n")
}

func (t *text) lane(i int, l Lane) {
	arrived, admitted, done := t.scale.cell(l.Arrived), t.scale.cell(l.Admitted()), t.scale.cell(l.Done())
	if l.Served > 0 && done == admitted { // a service gets a cell, however short it was
		if done < t.scale.cells {
			done++
		} else if admitted > arrived {
			admitted--
		}
	}
	accepted := min(t.scale.accepted(l), admitted)
	hungUp := done
	if late := t.scale.late(l); late > 0 { // as a service does
		hungUp = max(admitted, min(t.scale.cell(l.Done()-late), done-1))
	}
	bar := strings.Repeat(" ", arrived) + "◆" + strings.Repeat("·", accepted-arrived) +
		strings.Repeat(":", admitted-accepted) + strings.Repeat("━", hungUp-admitted) + strings.Repeat("╍", done-hungUp)
	end := strings.Repeat(" ", max(t.scale.cells-done, 0)+1)
	t.drawn += bar + l.mark()
	if l.Failure != "" {
		end = t.alarm(l.mark()) + end[1:]
	}
	paint := console.Lane(i).Paint
	if l.Failure != "" { // not like a client that was served
		paint = console.Faint
	}
	fmt.Fprintf(&t.out, "%s%s%s %s%s\n", paint(pad(cut(l.Name, t.label-2), t.label), t.color),
		paint(bar, t.color), end, pad(l.waitNote(t.scale), t.waits), cut(l.endNote(t.scale), t.ends))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

// cut shortens s to width characters.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
