package console

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks text between words, so that no line is longer than width unless a word is. Newlines in text stay. The
// lines that a line is broken into are indented as it is.
func Wrap(text string, width int) string {
	var lines []string
	for long := range strings.SplitSeq(text, "\n") {
		indent := long[:len(long)-len(strings.TrimLeft(long, " "))]
		line := ""
		for word := range strings.FieldsSeq(long) {
			switch {
			case line == "":
				line = indent + word
			case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
				line += " " + word
			default:
				lines = append(lines, line)
				line = indent + word
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
