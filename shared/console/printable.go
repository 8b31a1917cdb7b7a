package console

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// printable returns text with every character escaped that a terminal would obey instead of showing: with a
// carriage return or an escape sequence, what a client or a server says could overwrite what stands there
// already. Line feeds and tabs stay.
func printable(text string) string {
	var out strings.Builder
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		invalid := r == utf8.RuneError && size == 1
		switch {
		case r == '\n', r == '\t', strconv.IsPrint(r) && !invalid:
			out.WriteString(text[:size])
		default: // as in a Go string, without the quotes
			quoted := strconv.Quote(text[:size])
			out.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return out.String()
}

// oneLine is printable text in which line feeds are escaped too.
func oneLine(text string) string { return strings.ReplaceAll(printable(text), "\n", `\n`) }
