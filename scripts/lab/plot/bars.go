package plot

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/timeline"
)

// Bars is a drawing of bars, one for each row, each made of parts.
type Bars struct {
	Title string
	Parts []string // what the parts are; a single one needs no name
	Rows  []Bar
}

// A Bar is the values of its parts, in their order.
type Bar struct {
	Name  string
	Parts []float64
	Note  string // stands at its end
}

// fills tell the parts of a bar apart where there is no colour.
var fills = []rune("█▒░▚")

// Text draws the bars for a terminal of the given width.
func (b Bars) Text(w io.Writer, width int, colored bool) error {
	width = min(max(width, minWidth), maxWidth)
	name, note := 0, 0
	for _, r := range b.Rows {
		name = max(name, utf8.RuneCountInString(r.Name))
		note = max(note, utf8.RuneCountInString(r.Note))
	}
	s := b.scale(max(width-name-note-4, 10))
	var out strings.Builder
	if b.Title != "" {
		fmt.Fprintln(&out, b.Title)
	}
	for _, r := range b.Rows {
		fmt.Fprintf(&out, "%-*s  ", name, r.Name)
		sum, end := 0.0, 0
		for i, v := range r.Parts {
			sum += max(v, 0)
			next := s.cell(sum)
			if v > 0 && next == end && next < s.cells {
				next++ // however little, it is there
			}
			out.WriteString(color(i).Paint(strings.Repeat(string(fills[i%len(fills)]), next-end), colored))
			end = next
		}
		fmt.Fprintf(&out, "  %s\n", r.Note)
	}
	if len(b.Parts) > 1 {
		fmt.Fprintf(&out, "%*s", name, "")
		for i, part := range b.Parts {
			out.WriteString("  " + color(i).Paint(string(fills[i%len(fills)]), colored) + " " + part)
		}
		fmt.Fprintln(&out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (b Bars) scale(cells int) scale {
	greatest := 0.0
	for _, r := range b.Rows {
		greatest = max(greatest, r.sum())
	}
	if greatest == 0 {
		greatest = 1
	}
	return scale{to: greatest, cells: cells}
}

func (b Bar) sum() (sum float64) {
	for _, v := range b.Parts {
		sum += max(v, 0)
	}
	return sum
}

// BarsSVG draws the bars as a picture.
func BarsSVG(w io.Writer, title string, b Bars) error {
	p := &picture{y: margin / 2}
	var words []string
	p.bars(b)
	for _, r := range b.Rows {
		words = append(words, r.Name+": "+r.Note+".")
	}
	return timeline.Frame(w, title, strings.Join(words, " "), pictureWidth, p.y+margin/2, p.out.String())
}

func (p *picture) bars(b Bars) {
	if b.Title != "" {
		p.text(margin, p.y+titleHeight-12, "head", "start", b.Title)
		p.y += titleHeight
	}
	name, note := 0, 0
	for _, r := range b.Rows {
		name = max(name, utf8.RuneCountInString(r.Name)*perRune)
		note = max(note, utf8.RuneCountInString(r.Note)*perRune)
	}
	left := margin + name + margin
	s := b.scale(max(pictureWidth-left-note-2*margin, pictureWidth/4))
	for _, r := range b.Rows {
		middle := p.y + lineHeight/2
		p.text(margin, middle+5, "", "start", r.Name)
		sum, end := 0.0, 0
		for i, v := range r.Parts {
			sum += max(v, 0)
			next := s.cell(sum)
			if v > 0 {
				next = max(next, end+2) // however little, it is there
				fmt.Fprintf(&p.out, `<rect class="bar" fill="%s" x="%d" y="%d" width="%d" height="%d"/>`+"\n",
					color(i).Hex, left+end, middle-barHeight/2, next-end, barHeight)
			}
			end = next
		}
		p.text(left+end+margin/2, middle+5, "soft", "start", r.Note)
		p.y += lineHeight
	}
	if len(b.Parts) < 2 {
		return
	}
	at := left
	for i, part := range b.Parts {
		fmt.Fprintf(&p.out, `<rect class="bar" fill="%s" x="%d" y="%d" width="14" height="14"/>`+"\n", color(i).Hex, at, p.y+6)
		p.text(at+20, p.y+18, "soft", "start", part)
		at += 20 + utf8.RuneCountInString(part)*perRune + margin
	}
	p.y += lineHeight
}
