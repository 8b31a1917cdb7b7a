package main

import (
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// A table is text in columns, within a width. Cells that are too long go on in the next line.
type table struct {
	head   []string // may be empty
	rows   [][]string
	widths []int // of the columns; 0 or none: as wide as the longest cell, the last one as wide as there is room
	right  bool  // all columns but the first are numbers
}

const gap = 2 // between columns

func (t table) text(width int, colored bool) string {
	widths := t.fit(width)
	var out strings.Builder
	if len(t.head) > 0 {
		t.line(&out, t.head, widths, func(s string) string { return console.Faint(s, colored) })
	}
	for _, row := range t.rows {
		t.line(&out, row, widths, func(s string) string { return s })
	}
	return out.String()
}

// fit decides how wide the columns are. Where there is no room for it, the words of a head stand below one another.
func (t table) fit(width int) []int {
	widths, used := t.columns(func(head string) int { return utf8.RuneCountInString(head) })
	if used > width {
		widths, used = t.columns(longestWord)
	}
	if last := len(widths) - 1; used > width {
		widths[last] = max(widths[last]-(used-width), 10)
	}
	return widths
}

// columns returns the widths of the columns, and of all with their gaps, if a head is as wide as ofHead says.
func (t table) columns(ofHead func(string) int) (widths []int, used int) {
	columns := len(t.head)
	for _, row := range t.rows {
		columns = max(columns, len(row))
	}
	widths = make([]int, columns)
	copy(widths, t.widths)
	for i := range widths {
		if widths[i] == 0 {
			for _, row := range t.rows {
				if i < len(row) {
					widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
				}
			}
			if i < len(t.head) {
				widths[i] = max(widths[i], ofHead(t.head[i]))
			}
		}
		used += widths[i] + gap
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

// line writes one row, in as many lines as its longest cell needs.
func (t table) line(out *strings.Builder, row []string, widths []int, paint func(string) string) {
	if len(row) == 1 { // a heading has the line for itself
		out.WriteString(paint(row[0]) + "\n")
		return
	}
	cells := make([][]string, len(row))
	height := 1
	for i, text := range row {
		cells[i] = strings.Split(console.Wrap(text, widths[i]), "\n")
		height = max(height, len(cells[i]))
	}
	for l := range height {
		line := ""
		for i, cell := range cells {
			text := ""
			if l < len(cell) {
				text = cell[l]
			}
			space := strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(text), 0))
			if t.right && i > 0 {
				text, space = space+text, ""
			}
			line += text + space + strings.Repeat(" ", gap)
		}
		out.WriteString(paint(strings.TrimRight(line, " ")) + "\n")
	}
}
