package report

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/timeline"
)

// All lengths are pixels.
const (
	pictureWidth = 800
	margin       = 16
	perRune      = 8 // of the 13-pixel font, rounded up
	plotHeight   = 220
	plotLeft     = 90
	lineHeight   = 26
	titleHeight  = 34
	barHeight    = 14
)

// dashes tell the curves apart where there is no colour.
var dashes = []string{"none", "7 4", "2 3", "10 3 2 3", "14 6"}

// curvesSVG draws the curves below one another as one picture.
func curvesSVG(w io.Writer, title string, plots ...curves) error {
	p := &picture{y: margin / 2}
	var words []string
	for _, c := range plots {
		p.curves(c)
		words = append(words, c.describe())
	}
	return p.write(w, title, words)
}

// barsSVG draws the bars as a picture.
func barsSVG(w io.Writer, title string, b bars) error {
	p := &picture{y: margin / 2}
	var words []string
	p.bars(b)
	for _, r := range b.rows {
		words = append(words, r.name+": "+r.note+".")
	}
	return p.write(w, title, words)
}

// describe says in words what the curves show.
func (c curves) describe() string {
	var series []string
	for _, s := range c.series {
		var points []string
		for _, p := range s.points {
			points = append(points, c.y.unit.Format(p.y)+" at "+c.x.unit.Format(p.x))
		}
		series = append(series, s.name+": "+strings.Join(points, ", "))
	}
	return c.title + ". " + strings.Join(series, "; ") + "."
}

// picture is a drawing in the making.
type picture struct {
	out strings.Builder
	y   int // where the next thing is drawn
}

func (p *picture) write(w io.Writer, title string, words []string) error {
	return timeline.Frame(w, title, strings.Join(words, " "), pictureWidth, p.y+margin/2, p.out.String())
}

func (p *picture) text(x, y int, class, anchor, text string) {
	fmt.Fprintf(&p.out, `<text class="%s" text-anchor="%s" x="%d" y="%d">%s</text>`+"\n",
		strings.TrimSpace("text "+class), anchor, x, y, html.EscapeString(text))
}

func (p *picture) head(text string) {
	p.text(margin, p.y+titleHeight-12, "head", "start", text)
	p.y += titleHeight
}

func (p *picture) box(i, x, y, width, height int) {
	fmt.Fprintf(&p.out, `<rect class="bar" fill="%s" x="%d" y="%d" width="%d" height="%d"/>`+"\n", color(i).Hex, x, y, width, height)
}

// line draws the path of curve i.
func (p *picture) line(i int, path string) {
	fmt.Fprintf(&p.out, `<path fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s" d="%s"/>`+"\n",
		color(i).Hex, dashes[i%len(dashes)], path)
}

func (p *picture) curves(c curves) {
	p.head(c.title)
	top, left := p.y+margin/2, plotLeft
	x, y := c.xScale(pictureWidth-left-2*margin), c.yScale(plotHeight)
	bottom := top + plotHeight
	for _, tick := range y.ticks() {
		at := bottom - y.cell(tick)
		fmt.Fprintf(&p.out, `<path class="grid" d="M%d %dH%d"/>`+"\n", left, at, left+x.cells)
		p.text(left-margin/2, at+5, "soft", "end", c.y.unit.Format(tick))
	}
	for _, v := range c.xs() {
		p.text(left+x.cell(v), bottom+20, "soft", "middle", c.x.unit.Format(v))
	}
	p.text(left+x.cells, bottom+40, "soft", "end", c.x.name)
	for i, s := range c.series {
		var path strings.Builder
		for j, q := range s.points {
			cx, cy := left+x.cell(q.x), bottom-y.cell(q.y)
			fmt.Fprintf(&path, "%c%d %d", "ML"[min(j, 1)], cx, cy)
			fmt.Fprintf(&p.out, `<circle fill="%s" class="bar" cx="%d" cy="%d" r="4"/>`+"\n", color(i).Hex, cx, cy)
		}
		p.line(i, path.String())
	}
	p.y = bottom + 62
	p.legend(c.series)
	p.y += margin
}

// legend names the curves, side by side while there is room.
func (p *picture) legend(series []series) {
	at := plotLeft
	for i, s := range series {
		width := 36 + utf8.RuneCountInString(s.name)*perRune
		if at > plotLeft && at+width > pictureWidth-margin {
			at = plotLeft
			p.y += lineHeight
		}
		p.line(i, fmt.Sprintf("M%d %dh28", at, p.y-5))
		p.text(at+36, p.y, "", "start", s.name)
		at += width + margin
	}
}

func (p *picture) bars(b bars) {
	p.head(b.title)
	name, note := b.widths()
	left := margin + name*perRune + margin
	s := b.scale(max(pictureWidth-left-note*perRune-2*margin, pictureWidth/4))
	for _, r := range b.rows {
		middle := p.y + lineHeight/2
		p.text(margin, middle+5, "", "start", r.name)
		end := 0
		for i, span := range r.spans(s, 2) {
			if span.to > span.from {
				p.box(i, left+span.from, middle-barHeight/2, span.to-span.from, barHeight)
			}
			end = span.to
		}
		p.text(left+end+margin/2, middle+5, "soft", "start", r.note)
		p.y += lineHeight
	}
	if len(b.parts) < 2 {
		return
	}
	at := left
	for i, part := range b.parts {
		p.box(i, at, p.y+6, 14, 14)
		p.text(at+20, p.y+18, "soft", "start", part)
		at += 20 + utf8.RuneCountInString(part)*perRune + margin
	}
	p.y += lineHeight
}
