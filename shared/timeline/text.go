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
	otherRows          = 7 // around the lanes of one chart: title, axis, fold, legend, elapsed time, prompt
)

// A Size is the room for a drawing, in characters. A height of 0 has no end.
type Size struct{ Width, Height int }

// SizeOf is the size of the terminal behind w; if there is none, as for a log file, 80 columns without end.
func SizeOf(w io.Writer) Size {
	if f, ok := w.(*os.File); ok {
		if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return Size{width, height}
		}
	}
	return Size{Width: 80}
}

// Text draws the charts below one another on one scale. Widths below 60 and above 200 are drawn as those. Of a
// chart with more lanes than the height has room for, the last ones are folded into one line.
func Text(w io.Writer, size Size, color bool, charts ...Chart) error {
	t := newText(size, color, charts)
	for i, c := range charts {
		if i > 0 {
			t.out.WriteByte('\n')
		}
		t.chart(c)
	}
	fmt.Fprintf(&t.out, "%*s%s\n", t.label, "", console.Faint("◆ arrived  ··· waiting  ━━━ served  ✗ failed", color))
	_, err := io.WriteString(w, t.out.String())
	return err
}

// text is a drawing in the making. A line of it is: label, the cell of the diamond, the scale's cells, one cell
// for a ✗, a gap, and the notes.
type text struct {
	out   strings.Builder
	color bool
	width int // of all
	label int // width of the names with their gap
	waits int // width of the notes about waiting with their gap, 0 if nobody waits
	ends  int // width of the notes about the ends
	lanes int // how many fit into the height
	scale scale
}

func newText(size Size, color bool, charts []Chart) *text {
	width := min(max(size.Width, minWidth), maxWidth)
	t := &text{color: color, width: width, lanes: math.MaxInt}
	if size.Height > 0 {
		t.lanes = max(size.Height-otherRows, 1)
	}
	finest := newScale(charts, maxWidth) // names every wait that the real scale can name
	for _, c := range charts {
		for _, l := range c.Lanes {
			t.label = max(t.label, utf8.RuneCountInString(l.Name)+2)
			t.ends = max(t.ends, utf8.RuneCountInString(l.endNote()))
			if note := l.waitNote(finest); note != "" {
				t.waits = max(t.waits, utf8.RuneCountInString(note)+2)
			}
		}
	}
	t.label = min(t.label, width/4)
	const between = 3 // the diamond, a ✗, and the gap before the notes
	t.ends = min(t.ends, width-t.label-minPlot-between-t.waits)
	t.scale = newScale(charts, width-t.label-between-t.waits-t.ends)
	return t
}

func (t *text) chart(c Chart) {
	if c.Title != "" {
		t.out.WriteString(c.Title + "\n")
	}
	t.axis()
	shown := c.Lanes
	if len(shown) > t.lanes {
		shown = shown[:t.lanes]
	}
	for i, l := range shown {
		t.lane(i, l)
	}
	if folded := c.Lanes[len(shown):]; len(folded) > 0 {
		t.fold(folded)
	}
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
	if l.Served > 0 && done == admitted { // however short, it was served
		if done < t.scale.cells {
			done++
		} else if admitted > arrived {
			admitted--
		}
	}
	bar := strings.Repeat(" ", arrived) + "◆" +
		strings.Repeat("·", admitted-arrived) + strings.Repeat("━", done-admitted)
	end := strings.Repeat(" ", max(t.scale.cells-done, 0)+1)
	if l.Failure != "" {
		end = console.Alarm("✗", t.color) + end[1:]
	}
	fmt.Fprintf(&t.out, "%s%s%s %s%s\n", console.Lane(i).Paint(pad(cut(l.Name, t.label-2), t.label), t.color),
		console.Lane(i).Paint(bar, t.color), end, pad(l.waitNote(t.scale), t.waits), cut(l.endNote(), t.ends))
}

// fold stands for the lanes that did not fit, and does not hide that some of them failed.
func (t *text) fold(lanes []Lane) {
	failed := 0
	for _, l := range lanes {
		if l.Failure != "" {
			failed++
		}
	}
	fmt.Fprintf(&t.out, "%*s… and %d more", t.label, "", len(lanes))
	if failed > 0 {
		fmt.Fprintf(&t.out, ", %s", console.Alarm(fmt.Sprintf("%d of them failed", failed), t.color))
	}
	t.out.WriteByte('\n')
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
