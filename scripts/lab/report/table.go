package report

import (
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// A Table is text in columns. Cells that are too long go on in the next line. A row with one cell is
// a heading, which may be as long as it is.
type Table struct {
	Head   []string // may be empty
	Rows   [][]string
	Widths []int // of the first columns; the others are as wide as the longest cell, the last as there is room
	Right  bool  // all columns but the first are numbers
}

const gap = 2 // between columns

// Text returns the table in lines of at most width columns.
func (t Table) Text(width int, colored bool) string {
	widths := t.fit(width)
	var out strings.Builder
	if len(t.Head) > 0 {
		out.WriteString(t.row(t.Head, widths, func(s string) string { return console.Faint(s, colored) }))
	}
	for _, row := range t.Rows {
		out.WriteString(t.row(row, widths, func(s string) string { return s }))
	}
	return out.String()
}

// fit decides how wide the columns are. If there is no room for the head in one line, each of its
// words stands in a line.
func (t Table) fit(width int) []int {
	widths, used := t.columns(utf8.RuneCountInString)
	if used > width {
		widths, used = t.columns(longestWord)
	}
	if last := len(widths) - 1; used > width {
		widths[last] = max(widths[last]-(used-width), 10)
	}
	return widths
}

// fits reports whether no cell needs to be broken but those of the head.
func (t Table) fits(width int) bool {
	_, used := t.columns(longestWord)
	return used <= width
}

// columns returns the widths of the columns, and of all of them with their gaps, if a cell of the
// head is as wide as ofHead says.
func (t Table) columns(ofHead func(string) int) (widths []int, used int) {
	widths = make([]int, len(t.Head))
	for _, row := range t.Rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, cell := range t.Head {
		widths[i] = max(widths[i], ofHead(cell))
	}
	copy(widths, t.Widths)
	for _, w := range widths {
		used += w + gap
	}
	return widths, used - gap
}

func longestWord(text string) int {
	longest := 0
	for word := range strings.FieldsSeq(text) {
		longest = max(longest, utf8.RuneCountInString(word))
	}
	return longest
}

// row returns one row, in as many lines as its longest cell needs.
func (t Table) row(row []string, widths []int, paint func(string) string) string {
	if len(row) == 1 {
		return paint(row[0]) + "\n"
	}
	cells := make([][]string, len(row))
	height := 1
	for i, text := range row {
		cells[i] = strings.Split(console.Wrap(text, widths[i]), "\n")
		height = max(height, len(cells[i]))
	}
	var out strings.Builder
	for l := range height {
		line := ""
		for i, cell := range cells {
			text := ""
			if l < len(cell) {
				text = cell[l]
			}
			space := strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(text), 0))
			if t.Right && i > 0 {
				text, space = space+text, ""
			}
			line += text + space + strings.Repeat(" ", gap)
		}
		out.WriteString(paint(strings.TrimRight(line, " ")) + "\n")
	}
	return out.String()
}
