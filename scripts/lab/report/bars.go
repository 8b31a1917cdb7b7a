package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// fills tell the parts of a bar apart where there is no colour.
var fills = []rune("█▒░▚")

func fill(part, cells int) string { return strings.Repeat(string(fills[part%len(fills)]), cells) }

// text draws the bars in lines of at most width columns. It is empty without bars.
func (b bars) text(width int, colored bool) string {
	if len(b.rows) == 0 {
		return ""
	}
	name, note := b.widths()
	s := b.scale(max(width-name-note-4, 10))
	var out strings.Builder
	fmt.Fprintln(&out, b.title)
	for _, r := range b.rows {
		fmt.Fprintf(&out, "%-*s  ", name, r.name)
		look, _, found := console.Part(r.name)
		for i, span := range r.spans(s, 1) {
			out.WriteString(look.Paint(fill(r.fills+i, span.to-span.from), colored && found))
		}
		fmt.Fprintf(&out, "  %s\n", r.note)
	}
	if len(b.parts) > 1 {
		fmt.Fprintf(&out, "%*s", name, "")
		for i, part := range b.parts {
			out.WriteString("  " + fill(i, 1) + " " + part)
		}
		fmt.Fprintln(&out)
	}
	return out.String()
}

// widths returns the lengths of the longest name and the longest note.
func (b bars) widths() (name, note int) {
	for _, r := range b.rows {
		name = max(name, utf8.RuneCountInString(r.name))
		note = max(note, utf8.RuneCountInString(r.note))
	}
	return name, note
}

type span struct{ from, to int }

// spans returns the cells of each part. A part that is not 0 has at least so many, if the bar does
// not end there.
func (b bar) spans(s scale, least int) (spans []span) {
	sum, end := 0.0, 0
	for _, v := range b.parts {
		v = max(v, 0) // a figure that the system does not tell is negative
		sum += v
		next := s.cell(sum)
		if v > 0 {
			next = max(next, min(end+least, s.cells))
		}
		next = max(next, end)
		spans = append(spans, span{end, next})
		end = next
	}
	return spans
}
