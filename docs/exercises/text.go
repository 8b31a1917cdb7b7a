package main

import (
	"regexp"
	"strings"

	"example.com/concurrent-servers/shared/console"
)

const width = 80

var (
	link = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	item = regexp.MustCompile(`^(?:[-*]|\d+\.) `)
)

// inline returns Markdown within a line as a terminal shows it. Backquotes stay.
func inline(text string) string {
	return strings.ReplaceAll(link.ReplaceAllString(text, "$1"), "**", "")
}

// plain returns Markdown as a terminal shows it: code is indented, all else is wrapped.
func plain(markdown string) string {
	var lines, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			lines = append(lines, wrapped(inline(strings.Join(paragraph, " "))))
		}
		paragraph = nil
	}
	code := false
	for line := range strings.SplitSeq(markdown, "\n") {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "```"):
			flush()
			code = !code
		case code:
			lines = append(lines, strings.TrimRight("    "+line, " "))
		case trimmed == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "|"):
			flush()
			lines = append(lines, inline(strings.TrimLeft(trimmed, "# ")))
		case item.MatchString(trimmed):
			flush()
			paragraph = []string{trimmed}
		default:
			paragraph = append(paragraph, trimmed)
		}
	}
	flush()
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// wrapped breaks a paragraph into lines. Those of an item hang behind its mark.
func wrapped(paragraph string) string {
	mark := item.FindString(paragraph)
	indent := strings.Repeat(" ", len(mark))
	text := console.Wrap(strings.TrimPrefix(paragraph, mark), width-len(mark))
	return mark + strings.ReplaceAll(text, "\n", "\n"+indent)
}
