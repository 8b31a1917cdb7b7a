package report

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

const plotRows = 12

// marks tell the curves apart where there is no colour.
var marks = []rune("●▲■◆○△□◇")

// text draws the curves in lines of at most width columns.
func (c curves) text(width int, colored bool) string {
	y := c.yScale(plotRows)
	label := 0
	names := make(map[int]string) // of the ticks, by row
	for _, tick := range y.ticks() {
		name := c.y.unit.Format(tick)
		names[y.cell(tick)] = name
		label = max(label, utf8.RuneCountInString(name))
	}
	x := c.xScale(width - label - 6)
	grid := c.grid(x, y)
	var out strings.Builder
	fmt.Fprintln(&out, c.title)
	for row := plotRows; row >= 0; row-- {
		edge := "│"
		if names[row] != "" {
			edge = "┤"
		}
		out.WriteString(console.Faint(fmt.Sprintf("%*s %s", label, names[row], edge), colored))
		line := ""
		for _, cell := range grid[row] {
			line += cell.text(colored)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	out.WriteString(console.Faint(strings.Repeat(" ", label+1)+"└"+strings.Repeat("─", x.cells+2), colored) + "\n")
	out.WriteString(console.Faint(c.xLabels(x, label+2, width), colored) + "\n")
	out.WriteString(c.legend(label+2, width, colored))
	return out.String()
}

// cell is one character of a plot, and the series to which it belongs.
type cell struct {
	char   rune
	series int
}

func (c cell) text(colored bool) string {
	if c.char == 0 {
		return " "
	}
	return color(c.series).Paint(string(c.char), colored)
}

// grid draws the curves: first the lines, then the marks, so that a line hides no mark.
func (c curves) grid(x, y scale) [][]cell {
	grid := make([][]cell, y.cells+1)
	for i := range grid {
		grid[i] = make([]cell, x.cells+1)
	}
	for i, s := range c.series {
		for j := 1; j < len(s.points); j++ {
			x0, y0 := x.cell(s.points[j-1].x), y.cell(s.points[j-1].y)
			x1, y1 := x.cell(s.points[j].x), y.cell(s.points[j].y)
			for col := x0; col <= x1; col++ {
				share := float64(col-x0) / float64(max(x1-x0, 1))
				grid[y0+int(math.Round(float64(y1-y0)*share))][col] = cell{'·', i}
			}
		}
	}
	for i, s := range c.series {
		for _, p := range s.points {
			row, col := grid[y.cell(p.y)], x.cell(p.x)
			for col < x.cells && row[col].char != '·' && row[col].char != 0 {
				col++ // the mark of another curve stands there, and both should be seen
			}
			row[col] = cell{marks[i%len(marks)], i}
		}
	}
	return grid
}

// legend names the curves, in as many lines as they need.
func (c curves) legend(indent, width int, colored bool) string {
	out, used := strings.Repeat(" ", indent), indent
	for i, s := range c.series {
		name := string(marks[i%len(marks)]) + " " + s.name
		length := utf8.RuneCountInString(name)
		switch {
		case i == 0:
		case used+2+length <= width:
			out += "  "
			used += 2
		default:
			out += "\n" + strings.Repeat(" ", indent)
			used = indent
		}
		out += color(i).Paint(name, colored)
		used += length
	}
	return out + "\n"
}

// xLabels writes each value below its place, if there is room, and the name of the axis at the end.
func (c curves) xLabels(x scale, indent, width int) string {
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
		name := c.x.unit.Format(v)
		put(indent+x.cell(v)-utf8.RuneCountInString(name)/2, name)
	}
	name := ""
	if !put(free+1, c.x.name) {
		name = fmt.Sprintf("\n%*s", width, c.x.name)
	}
	return strings.TrimRight(string(text), " ") + name
}
