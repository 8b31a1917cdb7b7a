package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// show prints what the tests say: the explanation of what is solved, or else their output.
func (s *session) show(name string, l lesson, r result) {
	if r.accepted {
		verdict := console.Strong("✓ "+name+" is solved.", s.color)
		fmt.Fprintf(s.out, "%s\n\n", verdict)
		if l.explanation != "" {
			fmt.Fprintf(s.out, "%s\n\nThe reference solution is in %s/%s/solution.\n\n", l.explanation, folder, name)
			fmt.Fprintf(s.out, "%s\n\n", verdict) // again, because a long explanation scrolls it off
		}
		return
	}
	shown, left := strings.TrimRight(r.output, "\n"), 0
	if s.size != nil {
		if columns, rows, err := s.size(); err == nil {
			shown, left = cut(r.output, columns, rows-8) // which leaves room for the lines around it
		}
	}
	fmt.Fprintln(s.out, shown)
	if left > 0 {
		fmt.Fprintf(s.out, "… %d more lines: %s\n", left, strings.Join(l.command, " "))
	}
	fmt.Fprintf(s.out, "\n%s\n\n", console.Strong("· "+name+" is not solved yet.", s.color))
}

// cut returns as many lines of text as fit on so many rows of a screen, and how many are left.
// Every screen has a row and a column.
func cut(text string, columns, rows int) (shown string, left int) {
	columns, rows = max(columns, 1), max(rows, 1)
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		line = strings.ReplaceAll(line, "\t", "        ")
		rows -= 1 + max(utf8.RuneCountInString(line)-1, 0)/columns
		if rows < 0 {
			return strings.Join(lines[:i], "\n"), len(lines) - i
		}
	}
	return strings.Join(lines, "\n"), 0
}
