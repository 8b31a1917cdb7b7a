package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// place is where a point of a series is drawn.
type place struct{ x, y int }

// curves draws one plot: the axes, the curves, and beside their ends their names.
func (p picture) curves(c curves) {
	p.Y += 6
	name := "name"
	if c.title != "" {
		for line := range strings.SplitSeq(console.Wrap(c.title, timeline.WrapRunes-8), "\n") {
			p.Text(timeline.Margin, p.Y+15, "name", "", line)
			p.Y += lineHeight
		}
		name = "soft"
	}
	p.Text(timeline.Margin, p.Y+16, name, "", sentence(c.y.name))
	top := p.Y + 30
	y := c.yScale(plotHeight)
	left := timeline.Margin
	for _, tick := range y.ticks() {
		left = max(left, timeline.Margin+timeline.TextWidth(c.y.unit.Format(tick))+8)
	}
	names := 0
	for _, s := range c.series {
		for line := range strings.SplitSeq(wrapName(s.name), "\n") {
			names = max(names, timeline.TextWidth(line))
		}
	}
	left += inset
	x := c.xScale(timeline.PictureWidth - timeline.Margin - names - labelGap - inset - left)
	p.axes(c, x, y, left, top)
	places := c.places(x, y, left, top)
	looks := looksOf(c.names())
	for i, s := range c.series {
		p.curve(looks[i], s, places[i], y, top+plotHeight)
	}
	below := p.labels(c, looks, places, left+x.cells+inset, top)
	p.Y = max(top+plotHeight+50, below)
	p.Paragraph("soft", 0, c.notes())
	if slices.ContainsFunc(c.points(), func(q point) bool { return q.atLeast }) {
		p.Paragraph("soft", 0, "↑ means: it may have been more.")
	}
}

const (
	inset    = 16 // between the ends of the x axis and the first and the last value
	labelGap = 44 // between the end of the x axis and the names of the curves, for their marks
)

// wrapName breaks the name of a series into lines. It may break behind a hyphen or an equals sign too.
func wrapName(name string) string {
	if utf8.RuneCountInString(name) <= labelRunes {
		return name
	}
	return console.Wrap(strings.ReplaceAll(name, "=", "= "), labelRunes)
}

func (p picture) axes(c curves, x, y scale, left, top int) {
	bottom := top + plotHeight
	for _, tick := range y.ticks() {
		at := bottom - y.cell(tick)
		p.Printf(`<path class="grid" d="M%d %dH%d"/>`, left-inset, at, left+x.cells+inset)
		p.Text(left-inset-8, at+5, "soft", "end", c.y.unit.Format(tick))
	}
	free := 0
	for _, tick := range c.ticksX() {
		at, half := left+x.cell(tick.x), timeline.TextWidth(tick.label)/2
		p.Printf(`<path class="grid" d="M%d %dv5"/>`, at, bottom)
		if at-half >= free {
			p.Text(at, bottom+20, "soft", "middle", tick.label)
			free = at + half + 6
		}
	}
	p.Text(left+x.cells/2, bottom+40, "soft", "middle", c.x.name)
}

// places returns where the points of each series are drawn. Marks that would hide one another stand side by side.
func (c curves) places(x, y scale, left, top int) [][]place {
	const apart, room = 12, 30 // between two marks, and between the first and the last that stand side by side
	places := make([][]place, len(c.series))
	for i, s := range c.series {
		for _, q := range s.points {
			places[i] = append(places[i], place{left + x.cell(q.x), top + plotHeight - y.cell(q.y)})
		}
	}
	for _, tick := range c.ticksX() {
		var here []*place
		for i := range places {
			for j := range places[i] {
				if c.series[i].points[j].x == tick.x {
					here = append(here, &places[i][j])
				}
			}
		}
		slices.SortStableFunc(here, func(a, b *place) int { return cmp.Compare(a.y, b.y) })
		for len(here) > 0 {
			n := 1
			for n < len(here) && here[n].y-here[n-1].y < apart {
				n++
			}
			step := min(apart, room/max(n-1, 1))
			for k, at := range here[:n] {
				at.x += (2*k - (n - 1)) * step / 2
			}
			here = here[n:]
		}
	}
	return places
}

// curve draws one series: its line, its bounds, its marks.
func (p picture) curve(l look, s series, places []place, y scale, bottom int) {
	var path strings.Builder
	for j, at := range places {
		fmt.Fprintf(&path, "%c%d %d", "ML"[min(j, 1)], at.x, at.y)
	}
	p.Printf(`<path fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s" d="%s"/>`, l.Hex, l.dash, path.String())
	for j, q := range s.points {
		at := places[j]
		if low, high := bottom-y.cell(q.low), bottom-y.cell(q.high); low-high > 4 {
			p.whisker(`stroke="`+l.Hex+`"`, at.x, low, at.x, high)
		}
		if q.atLeast {
			p.Printf(`<path fill="none" stroke="%s" stroke-width="2" d="M%d %dv-12m-4 4l4 -4l4 4"/>`, l.Hex, at.x, at.y-6)
		}
		p.mark(l, at.x, at.y)
	}
}

// labels writes the name of each curve beside its end, and returns where they end.
func (p picture) labels(c curves, looks []look, places [][]place, right, top int) int {
	order := make([]int, len(c.series))
	for i := range order {
		order[i] = i
	}
	end := func(i int) place { return places[i][len(places[i])-1] }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(end(a).y, end(b).y) })
	heights, sum := make([]int, len(order)), 0
	for i, s := range c.series {
		heights[i] = lineHeight*(1+strings.Count(wrapName(s.name), "\n")) + 3
		sum += heights[i]
	}
	at := top // where there is room for the next label
	for _, i := range order {
		room := top + plotHeight + lineHeight - sum // for this label and all below
		y := max(at, min(end(i).y-lineHeight/2, room))
		middle := y + lineHeight/2
		x := right + 16
		p.Printf(`<path fill="none" stroke="%s" stroke-opacity=".6" stroke-dasharray="2 3" d="M%d %dL%d %d"/>`, looks[i].Hex, end(i).x+8, end(i).y, x, middle)
		p.mark(looks[i], x+8, middle)
		for n, line := range strings.Split(wrapName(c.series[i].name), "\n") {
			p.Text(x+20, middle+5+n*lineHeight, "", "", line)
		}
		at = y + heights[i]
		sum -= heights[i]
	}
	return at + timeline.Margin
}
