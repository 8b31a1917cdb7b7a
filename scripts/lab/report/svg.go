package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// The measures of the pictures, in their own pixels, as those of [timeline.PictureWidth].
const (
	plotHeight = 230
	lineHeight = 19
	labelRunes = 21 // in a line of a curve's name
	barHeight  = 16
)

// shapes are the marks of a terminal as paths. A hollow mark has the shape of the full one.
var shapes = map[rune]string{
	'●': "m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0z",
	'▲': "m0 -6.5l6.5 12h-13z",
	'■': "m-5 -5h10v10h-10z",
	'◆': "m0 -7l7 7l-7 7l-7 -7z",
	'▼': "m0 6.5l6.5 -12h-13z",
	'★': "m0 -8.5l2.3 6.2l6.2 2.3l-6.2 2.3l-2.3 6.2l-2.3 -6.2l-6.2 -2.3l6.2 -2.3z",
	'▶': "m7 0l-12 6.5v-13z",
	'◀': "m-7 0l12 6.5v-13z",
}

var fullMarks = map[rune]rune{'○': '●', '△': '▲', '□': '■', '◇': '◆', '▽': '▼', '☆': '★', '▷': '▶', '◁': '◀'}

// picture is a canvas for curves and bars.
type picture struct{ *timeline.Canvas }

// curvesSVG draws the curves below one another as one picture, and below them what was found.
func curvesSVG(w io.Writer, title string, found []string, plots ...curves) error {
	p := picture{timeline.NewCanvas(title)}
	var words []string
	for _, c := range plots {
		p.curves(c)
		words = append(words, c.describe())
	}
	return p.end(w, title, found, words)
}

// barsSVG draws the bars as a picture, and below them what was found.
func barsSVG(w io.Writer, title string, found []string, b bars) error {
	p := picture{timeline.NewCanvas(title)}
	var words []string
	p.bars(b)
	for _, r := range b.rows {
		words = append(words, r.name+": "+r.note+".")
	}
	return p.end(w, title, found, words)
}

func (p picture) end(w io.Writer, title string, found, words []string) error {
	p.Found(found)
	return p.Write(w, title, strings.Join(words, " "))
}

// describe says in words what the curves show.
func (c curves) describe() string {
	var series []string
	for _, s := range c.series {
		var points []string
		for _, p := range s.points {
			points = append(points, c.y.unit.Format(p.y)+" at "+p.label)
		}
		series = append(series, s.name+": "+strings.Join(points, ", "))
	}
	return cmp.Or(c.title, sentence(c.y.name+" by "+c.x.name)) + ". " + strings.Join(series, "; ") + "."
}

// mark draws the mark of a series.
func (p picture) mark(l look, x, y int) {
	full, hollow := fullMarks[l.mark]
	if hollow {
		p.Printf(`<path class="open" stroke="%s" d="M%d %d%s"/>`, l.Hex, x, y, shapes[full])
		return
	}
	p.Printf(`<path class="bar" fill="%s" d="M%d %d%s"/>`, l.Hex, x, y, shapes[l.mark])
}

// whisker draws bounds as a line from (x0, y0) to (x1, y1) with ends across it.
func (p picture) whisker(look string, x0, y0, x1, y1 int) {
	across := func(x, y int) string {
		if x0 == x1 {
			return fmt.Sprintf("M%d %dh10", x-5, y)
		}
		return fmt.Sprintf("M%d %dv10", x, y-5)
	}
	p.Printf(`<path %s stroke-width="2" d="M%d %dL%d %d%s%s"/>`, look, x0, y0, x1, y1, across(x0, y0), across(x1, y1))
}

// bars draws a bar below each name.
func (p picture) bars(b bars) {
	const left, width = timeline.Margin, timeline.PictureWidth - 2*timeline.Margin
	s := b.scale(width)
	p.Y += 6
	p.Text(left, p.Y+15, "name", "", b.title)
	p.Y += timeline.RowHeight
	for _, r := range b.rows {
		p.Text(left, p.Y+15, "", "", r.name)
		p.Text(left+width, p.Y+15, "soft", "end", r.note)
		p.Y += 22
		look, _, found := console.Part(r.name)
		if !found {
			look.Hex = noServer
		}
		for i, span := range r.spans(s, 2) {
			if span.to > span.from {
				p.box(r.fills+i, look.Hex, left+span.from, p.Y, span.to-span.from)
			}
		}
		if len(r.parts) == 1 && s.cell(r.high)-s.cell(r.low) > 4 {
			middle := p.Y + barHeight/2
			p.whisker(`class="error"`, left+s.cell(r.low), middle, left+s.cell(r.high), middle)
		}
		p.Y += barHeight + 10
	}
	if len(b.parts) < 2 {
		return
	}
	at := left
	for i, part := range b.parts {
		if at+30+timeline.TextWidth(part) > left+width {
			at = left
			p.Y += timeline.RowHeight
		}
		p.box(i, noServer, at, p.Y, 22)
		p.Text(at+30, p.Y+14, "soft", "", part)
		at += 30 + timeline.TextWidth(part) + timeline.Margin
	}
	p.Y += timeline.RowHeight
}

// noServer is the colour of a bar that is not about one server.
const noServer = "#7d8590"

// box draws part i of a bar. The colour is the server's, so that parts differ by their fill: full, hatched, pale, and
// hatched the other way.
func (p picture) box(i int, hex string, x, y, width int) {
	fill, class := hex, "bar"
	switch i % 4 {
	case 1, 3:
		id := fmt.Sprintf("hatch%d-%s", i, strings.TrimPrefix(hex, "#"))
		p.Printf(`<pattern id="%s" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(%d)"><rect width="3" height="7" fill="%s"/></pattern>`,
			id, 45*(2-i), hex)
		fill = "url(#" + id + ")"
	case 2:
		class = "bar late"
	}
	p.Printf(`<rect class="%s" fill="%s" x="%d" y="%d" width="%d" height="%d" rx="2"/>`, class, fill, x, y, width, barHeight)
}
