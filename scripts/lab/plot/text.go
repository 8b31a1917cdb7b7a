package plot

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

const (
	minWidth, maxWidth = 60, 110
	rows               = 12
)

// marks tell the curves apart where there is no colour.
var marks = []rune("●▲■◆○△□◇")

// Text draws the curves for a terminal of the given width.
func (c Curves) Text(w io.Writer, width int, colored bool) error {
	width = min(max(width, minWidth), maxWidth)
	label := 0
	y := c.yScale(rows)
	for _, tick := range y.ticks() {
		label = max(label, utf8.RuneCountInString(c.Y.Format(tick)))
	}
	x := c.xScale(width - label - 6)
	cells := c.cells(x, y)
	var out strings.Builder
	fmt.Fprintln(&out, c.Title)
	names := make(map[int]string) // of the ticks, by row
	for _, tick := range y.ticks() {
		names[y.cell(tick)] = c.Y.Format(tick)
	}
	for row := rows; row >= 0; row-- {
		edge := "│"
		if names[row] != "" {
			edge = "┤"
		}
		out.WriteString(console.Faint(fmt.Sprintf("%*s %s", label, names[row], edge), colored))
		out.WriteString(line(cells[row], colored))
		out.WriteByte('\n')
	}
	out.WriteString(console.Faint(strings.Repeat(" ", label+1)+"└"+strings.Repeat("─", x.cells+2), colored) + "\n")
	out.WriteString(console.Faint(c.xLabels(x, label+2, width), colored) + "\n")
	out.WriteString(c.legend(label+2, width, colored))
	_, err := io.WriteString(w, out.String())
	return err
}

// legend names the curves, in as many lines as they need.
func (c Curves) legend(indent, width int, colored bool) string {
	var out strings.Builder
	used := width // of the line
	for i, s := range c.Series {
		name := string(marks[i%len(marks)]) + " " + s.Name
		length := utf8.RuneCountInString(name)
		switch {
		case used+2+length <= width:
			out.WriteString("  ")
			used += 2 + length
		default:
			if i > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(strings.Repeat(" ", indent))
			used = indent + length
		}
		out.WriteString(color(i).Paint(name, colored))
	}
	return out.String() + "\n"
}

// cell is one character of a plot, and whose it is.
type cell struct {
	char   rune
	series int
}

// cells draws the curves into a grid: first the lines, then the marks, so that a line hides no mark.
func (c Curves) cells(x, y scale) [][]cell {
	grid := make([][]cell, y.cells+1)
	for i := range grid {
		grid[i] = make([]cell, x.cells+1)
	}
	for i, s := range c.Series {
		for j := 1; j < len(s.Points); j++ {
			x0, y0 := x.cell(s.Points[j-1].X), y.cell(s.Points[j-1].Y)
			x1, y1 := x.cell(s.Points[j].X), y.cell(s.Points[j].Y)
			for col := x0; col <= x1; col++ {
				row := y0
				if x1 > x0 {
					row = y0 + int(float64(y1-y0)*float64(col-x0)/float64(x1-x0)+0.5)
				}
				if y1 < y0 && x1 > x0 {
					row = y0 - int(float64(y0-y1)*float64(col-x0)/float64(x1-x0)+0.5)
				}
				grid[row][col] = cell{'·', i}
			}
		}
	}
	for i, s := range c.Series {
		for _, p := range s.Points {
			row, col := grid[y.cell(p.Y)], x.cell(p.X)
			for col < x.cells && row[col].char != '·' && row[col].char != 0 {
				col++ // another curve's mark stands there: both are to be seen
			}
			row[col] = cell{marks[i%len(marks)], i}
		}
	}
	return grid
}

func line(cells []cell, colored bool) string {
	var out strings.Builder
	for _, c := range cells {
		if c.char == 0 {
			out.WriteByte(' ')
			continue
		}
		out.WriteString(color(c.series).Paint(string(c.char), colored))
	}
	return strings.TrimRight(out.String(), " ")
}

// xLabels writes each place's value below it, where there is room, and the axis's name at the end.
func (c Curves) xLabels(x scale, indent, width int) string {
	text := []rune(strings.Repeat(" ", width))
	free := 0
	put := func(at int, s string) bool {
		runes := []rune(s)
		if at < free || at+len(runes) > width {
			return false
		}
		copy(text[at:], runes)
		free = at + len(runes) + 1
		return true
	}
	for _, v := range c.xs() {
		name := c.X.Format(v)
		put(indent+x.cell(v)-utf8.RuneCountInString(name)/2, name)
	}
	first := strings.TrimRight(string(text), " ")
	if !put(free+1, c.X.Name) {
		return first + "\n" + strings.Repeat(" ", max(width-utf8.RuneCountInString(c.X.Name), 0)) + c.X.Name
	}
	return strings.TrimRight(string(text), " ")
}
