package plot

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

// SVG draws the curves below one another as one picture.
func SVG(w io.Writer, title string, plots ...Curves) error {
	p := &picture{y: margin / 2}
	var words []string
	for _, c := range plots {
		p.curves(c)
		words = append(words, c.describe())
	}
	return timeline.Frame(w, title, strings.Join(words, " "), pictureWidth, p.y+margin/2, p.out.String())
}

func (c Curves) describe() string {
	var series []string
	for _, s := range c.Series {
		var points []string
		for _, p := range s.Points {
			points = append(points, c.Y.Format(p.Y)+" at "+c.X.Format(p.X))
		}
		series = append(series, s.Name+": "+strings.Join(points, ", "))
	}
	return c.Title + ". " + strings.Join(series, "; ") + "."
}

// picture is a drawing in the making.
type picture struct {
	out strings.Builder
	y   int // where the next thing is drawn
}

func (p *picture) curves(c Curves) {
	p.text(margin, p.y+titleHeight-12, "head", "start", c.Title)
	p.y += titleHeight
	top, left := p.y+margin/2, plotLeft
	x, y := c.xScale(pictureWidth-left-2*margin), c.yScale(plotHeight)
	bottom := top + plotHeight
	for _, tick := range y.ticks() {
		at := bottom - y.cell(tick)
		fmt.Fprintf(&p.out, `<path class="grid" d="M%d %dH%d"/>`+"\n", left, at, left+x.cells)
		p.text(left-margin/2, at+5, "soft", "end", c.Y.Format(tick))
	}
	for _, v := range c.xs() {
		p.text(left+x.cell(v), bottom+20, "soft", "middle", c.X.Format(v))
	}
	p.text(left+x.cells, bottom+40, "soft", "end", c.X.Name)
	for i, s := range c.Series {
		p.curve(s, i, func(q Point) (int, int) { return left + x.cell(q.X), bottom - y.cell(q.Y) })
	}
	p.y = bottom + 62
	p.legend(c.Series)
	p.y += margin
}

// legend names the curves, side by side while there is room.
func (p *picture) legend(series []Series) {
	at := plotLeft
	for i, s := range series {
		width := 36 + utf8.RuneCountInString(s.Name)*perRune
		if at > plotLeft && at+width > pictureWidth-margin {
			at = plotLeft
			p.y += lineHeight
		}
		p.sample(i, at, p.y-5)
		p.text(at+36, p.y, "", "start", s.Name)
		at += width + margin
	}
}

func (p *picture) curve(s Series, i int, at func(Point) (x, y int)) {
	var path strings.Builder
	for j, q := range s.Points {
		x, y := at(q)
		fmt.Fprintf(&path, "%c%d %d", "ML"[min(j, 1)], x, y)
		fmt.Fprintf(&p.out, `<circle fill="%s" class="bar" cx="%d" cy="%d" r="4"/>`+"\n", color(i).Hex, x, y)
	}
	fmt.Fprintf(&p.out, `<path fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s" d="%s"/>`+"\n",
		color(i).Hex, dashes[i%len(dashes)], path.String())
}

// sample is a curve's line in the legend.
func (p *picture) sample(i, x, y int) {
	fmt.Fprintf(&p.out, `<path fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s" d="M%d %dh28"/>`+"\n",
		color(i).Hex, dashes[i%len(dashes)], x, y)
}

func (p *picture) text(x, y int, class, anchor, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(&p.out, `<text class="%s" text-anchor="%s" x="%d" y="%d">%s</text>`+"\n",
		strings.TrimSpace("text "+class), anchor, x, y, html.EscapeString(text))
}
