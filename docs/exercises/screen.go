package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// show prints what the tests say: the explanation of what is solved, or else their output.
func (s *session) show(name string, l lesson, accepted bool, output string) {
	if accepted {
		fmt.Fprintf(s.out, "%s\n\n", console.Strong("✓ "+name+" is solved.", s.color))
		if l.explanation != "" {
			fmt.Fprintf(s.out, "%s\n\nThe reference solution is in %s/%s/solution.\n\n", l.explanation, folder, name)
		}
		return
	}
	shown, left := cut(output, s.height-8) // which leaves room for the lines around it
	fmt.Fprintln(s.out, shown)
	if left > 0 {
		fmt.Fprintf(s.out, "… %d more lines: %s\n", left, strings.Join(l.command, " "))
	}
	fmt.Fprintf(s.out, "\n%s\n\n", console.Strong("· "+name+" is not solved yet.", s.color))
}

// cut returns as many lines of text as fit on so many rows of a screen, and how many are left. With
// no rows it returns all.
func cut(text string, rows int) (shown string, left int) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if rows <= 0 {
		return strings.Join(lines, "\n"), 0
	}
	for i, line := range lines {
		line = strings.ReplaceAll(line, "\t", "        ")
		rows -= 1 + max(utf8.RuneCountInString(line)-1, 0)/width
		if rows < 0 {
			return strings.Join(lines[:i], "\n"), len(lines) - i
		}
	}
	return strings.Join(lines, "\n"), 0
}
