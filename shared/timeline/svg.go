package timeline

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// All lengths are pixels.
const (
	pictureWidth = 800
	margin       = 16
	perRune      = 8 // of the 13-pixel font, rounded up
	rowHeight    = 26
	titleHeight  = 34
	axisHeight   = 24
	lineHeight   = 20
	barHeight    = 12
)

// style gives the picture a background of its own, so that it is legible on any page, and follows the reader's
// preference for light or dark.
const style = `<style>
  .page { fill: #ffffff; stroke: #d0d7de }
  .text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .head { font-weight: 600; font-size: 15px }
  .soft { fill: #59636e }
  .tick { text-anchor: middle }
  .grid { stroke: #d0d7de }
  .wait { stroke-width: 3; stroke-linecap: round; stroke-dasharray: 0 7 }
  .bar { stroke: #1f2328; stroke-opacity: .35 }
  .late { fill-opacity: .25; stroke-dasharray: 4 3; stroke-opacity: 1 }
  .fail { stroke: #cf222e; stroke-width: 2.5; stroke-linecap: round }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    .text { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .bar { stroke: #f0f6fc }
    .fail { stroke: #ff7b72 }
  }
</style>
`

// SVG draws the charts below one another on one scale, each with the reasons of its failures below it, and with a
// title and a description for screen readers. It draws every lane.
func SVG(w io.Writer, title string, charts ...Chart) error {
	p := &picture{label: margin}
	waits, ends := 0, 0
	finest := newScale(charts, pictureWidth)
	for _, c := range charts {
		for _, l := range c.Lanes {
			p.label = max(p.label, margin+utf8.RuneCountInString(l.Name)*perRune)
			ends = max(ends, utf8.RuneCountInString(l.endNote(finest))*perRune)
			if note := l.waitNote(finest); note != "" {
				waits = max(waits, utf8.RuneCountInString(note)*perRune+margin/2)
			}
		}
	}
	p.scale = newScale(charts, max(pictureWidth-p.label-waits-ends-4*margin, pictureWidth/4))
	p.waits = p.x(p.scale.cells) + margin
	p.ends = p.waits + waits
	p.y = margin / 2
	for _, c := range charts {
		p.chart(c)
	}
	height := p.y + margin/2
	return Frame(w, title, describe(charts), pictureWidth, height, p.out.String())
}

// Frame writes an SVG picture of width and height pixels around drawn, with a title and a description for screen
// readers, on a background of its own. The elements in drawn may use the classes of its style: text, head, soft and
// tick for text, grid for lines, bar for the outline of shapes.
func Frame(w io.Writer, title, description string, width, height int, drawn string) error {
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %d %d" width="%d" height="%d">
<title>%s</title>
<desc>%s</desc>
%s<rect class="page" x=".5" y=".5" width="%d" height="%d" rx="6"/>
%s</svg>
`, width, height, width, height, html.EscapeString(title), html.EscapeString(description),
		style, width-1, height-1, drawn)
	return err
}

// describe returns in words what the picture shows.
func describe(charts []Chart) string {
	s := newScale(charts, pictureWidth)
	var words []string
	for _, c := range charts {
		var lanes []string
		for _, l := range c.Lanes {
			lane := []string{l.Name}
			if s.cell(l.Arrived) > 0 {
				lane = append(lane, "arrived at "+console.Duration(l.Arrived))
			}
			if note := l.waitNote(s); note != "" {
				lane = append(lane, note)
			}
			lanes = append(lanes, strings.Join(append(lane, cmp.Or(l.Failure, l.endNote(s))), ", "))
		}
		words = append(words, strings.TrimPrefix(c.Title+": ", ": ")+strings.Join(lanes, "; ")+".")
	}
	return strings.Join(words, " ")
}

// A picture is a drawing in the making.
type picture struct {
	out   strings.Builder
	label int // where the names end
	waits int // where the notes about waiting begin
	ends  int // where the notes about the ends begin
	y     int // where the next thing is drawn
	scale scale
}

func (p *picture) chart(c Chart) {
	if c.Title != "" {
		p.text(margin, p.y+titleHeight-12, "head", c.Title)
		p.y += titleHeight
	}
	top := p.y + axisHeight
	bottom := top + len(c.Lanes)*rowHeight
	for _, tick := range p.scale.ticks(perRune, 3*perRune) {
		x := p.x(p.scale.cell(tick))
		fmt.Fprintf(&p.out, `<path class="grid" d="M%d %dV%d"/>`+"\n", x, top, bottom)
		p.text(x, top-8, "tick soft", console.Duration(tick))
	}
	p.y = top
	for i, l := range c.Lanes {
		p.lane(i, l)
	}
	for _, line := range c.reasons((pictureWidth - 2*margin) / perRune) {
		p.y += lineHeight
		p.text(margin, p.y, "soft", line)
	}
	p.y += margin / 2
}

func (p *picture) lane(i int, l Lane) {
	color := console.Lane(i).Hex
	middle := p.y + rowHeight/2
	arrived, admitted, done := p.x(p.scale.cell(l.Arrived)), p.x(p.scale.cell(l.Admitted())), p.x(p.scale.cell(l.Done()))
	p.text(margin, middle+5, "", l.Name)
	if admitted > arrived {
		fmt.Fprintf(&p.out, `<path class="wait" stroke="%s" d="M%d %dH%d"/>`+"\n", color, arrived, middle, admitted)
	}
	if l.Served > 0 {
		hungUp := p.x(p.scale.cell(l.Done() - p.scale.late(l)))
		p.bar("bar", color, admitted, hungUp, middle)
		if hungUp < done {
			p.bar("bar late", color, hungUp, done, middle)
		}
	}
	fmt.Fprintf(&p.out, `<path class="bar" fill="%s" d="M%d %dl7 7l-7 7l-7 -7z"/>`+"\n", color, arrived, middle-7)
	if l.Failure != "" {
		fmt.Fprintf(&p.out, `<path class="fail" d="M%d %dl10 10m0 -10l-10 10"/>`+"\n", done-5, middle-5)
	}
	p.text(p.waits, middle+5, "soft", l.waitNote(p.scale))
	p.text(p.ends, middle+5, "soft", l.endNote(p.scale))
	p.y += rowHeight
}

// bar draws a bar that is at least 2 pixels wide.
func (p *picture) bar(class, color string, from, to, middle int) {
	fmt.Fprintf(&p.out, `<rect class="%s" fill="%s" x="%d" y="%d" width="%d" height="%d" rx="2"/>`+"\n",
		class, color, from, middle-barHeight/2, max(to-from, 2), barHeight)
}

// x returns where a cell of the scale is drawn.
func (p *picture) x(cell int) int { return p.label + margin + cell }

func (p *picture) text(x, y int, class, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(&p.out, `<text class="%s" x="%d" y="%d">%s</text>`+"\n",
		strings.TrimSpace("text "+class), x, y, html.EscapeString(text))
}
