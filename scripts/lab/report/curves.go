package report

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

const plotRows = 12

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
	x := c.xScale(width - label - 5 - len(c.series)) // marks that meet at the last value stand side by side
	looks := looksOf(c.names())
	grid := c.grid(x, y, looks)
	var out strings.Builder
	fmt.Fprintln(&out, cmp.Or(c.title, sentence(c.y.name+" by "+c.x.name)))
	for row := plotRows; row >= 0; row-- {
		edge := "│"
		if names[row] != "" {
			edge = "┤"
		}
		out.WriteString(console.Faint(fmt.Sprintf("%*s %s", label, names[row], edge), colored))
		line := ""
		for _, cell := range grid[row] {
			line += cell.text(looks, colored)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	out.WriteString(console.Faint(strings.Repeat(" ", label+1)+"└"+strings.Repeat("─", x.cells+1+len(c.series)), colored) + "\n")
	out.WriteString(console.Faint(c.xLabels(x, label+2, width), colored) + "\n")
	out.WriteString(c.legend(looks, label+2, width, colored))
	if notes := c.notes(); notes != "" {
		indent := strings.Repeat(" ", label+2)
		out.WriteString(console.Wrap(indent+notes, width) + "\n")
	}
	return out.String()
}

// cell is one character of a plot, and the series to which it belongs.
type cell struct {
	char   rune
	series int
}

func (c cell) text(looks []look, colored bool) string {
	if c.char == 0 {
		return " "
	}
	return looks[c.series].Paint(string(c.char), colored)
}

// grid draws the curves: first the lines, then the bounds, then the marks, so that nothing hides a mark.
func (c curves) grid(x, y scale, looks []look) [][]cell {
	grid := make([][]cell, y.cells+1)
	for i := range grid {
		grid[i] = make([]cell, x.cells+len(c.series))
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
			for row := y.cell(p.low); row <= y.cell(p.high); row++ {
				grid[row][x.cell(p.x)] = cell{'┆', i}
			}
		}
	}
	for i, s := range c.series {
		for _, p := range s.points {
			row, col := grid[y.cell(p.y)], x.cell(p.x)
			for col < len(row)-1 && row[col].char != '·' && row[col].char != '┆' && row[col].char != 0 {
				col++ // the mark of another curve stands there, and both should be seen
			}
			row[col] = cell{looks[i].mark, i}
		}
	}
	return grid
}

// legend names the curves, in as many lines as they need.
func (c curves) legend(looks []look, indent, width int, colored bool) string {
	out, used := strings.Repeat(" ", indent), indent
	for i, s := range c.series {
		name := string(looks[i].mark) + " " + s.name
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
		out += looks[i].Paint(name, colored)
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
	for _, p := range c.ticksX() {
		put(indent+x.cell(p.x)-utf8.RuneCountInString(p.label)/2, p.label)
	}
	name := ""
	if !put(free+1, c.x.name) {
		name = fmt.Sprintf("\n%*s", width, c.x.name)
	}
	return strings.TrimRight(string(text), " ") + name
}
