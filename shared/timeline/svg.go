package timeline

import (
	"cmp"
	"io"
	"strings"

	"example.com/concurrent-servers/shared/console"
)

// A Picture is charts below one another on one scale.
type Picture struct {
	Title  string
	Charts []Chart
	Beside []Chart  // charts of other pictures, which stand on the same scale
	Found  []string // sentences that stand below the charts
}

// SVG draws the charts as a picture with a title.
func SVG(w io.Writer, title string, charts ...Chart) error {
	return Picture{Title: title, Charts: charts}.SVG(w)
}

// SVG draws the picture, each chart with the reasons of its failures below it, with a legend, and with a description
// for screen readers. It draws every lane.
func (p Picture) SVG(w io.Writer) error {
	all := append(p.Charts[:len(p.Charts):len(p.Charts)], p.Beside...)
	d := &drawing{Canvas: NewCanvas(p.Title), label: Margin}
	waits, ends := 0, 0
	finest := newScale(all, PictureWidth)
	for _, c := range all {
		for _, l := range c.Lanes {
			d.label = max(d.label, Margin+TextWidth(l.Name))
			ends = max(ends, TextWidth(l.endNote(finest)))
			if note := l.waitNote(finest); note != "" {
				waits = max(waits, TextWidth(note)+Margin/2)
			}
		}
	}
	d.scale = newScale(all, max(PictureWidth-d.label-waits-ends-7*Margin/2, PictureWidth/4))
	d.waits = d.x(d.scale.cells) + Margin
	d.ends = d.waits + waits
	for _, c := range p.Charts {
		d.chart(c)
	}
	d.legend(p.Charts)
	d.Canvas.Found(p.Found)
	title := p.Title
	if title == "" && len(p.Charts) > 0 {
		title = p.Charts[0].Title
	}
	return d.Write(w, title, describe(p.Charts))
}

// describe returns in words what the picture shows.
func describe(charts []Chart) string {
	s := newScale(charts, PictureWidth)
	var words []string
	for _, c := range charts {
		var lanes []string
		for _, l := range c.Lanes {
			lane := []string{l.Name}
			if s.cell(l.Arrived) > 0 {
				lane = append(lane, "arrived at "+console.Duration(l.Arrived))
			}
			for _, note := range []string{l.acceptNote(s), l.waitNote(s)} {
				if note != "" {
					lane = append(lane, note)
				}
			}
			lanes = append(lanes, strings.Join(append(lane, cmp.Or(l.Failure, l.endNote(s))), ", "))
		}
		words = append(words, strings.TrimPrefix(c.Title+": ", ": ")+strings.Join(lanes, "; ")+".")
	}
	return strings.Join(words, " ")
}

// A drawing is charts on a canvas.
type drawing struct {
	*Canvas
	label int // where the names end
	waits int // where the notes about waiting begin
	ends  int // where the notes about the ends begin
	scale scale
}

const (
	axisHeight = 24
	tickHeight = 22 // more than a bar or a diamond has, so that it is seen beside them
)

func (d *drawing) chart(c Chart) {
	d.Y += 6
	d.title(c.Title)
	top := d.Y + axisHeight
	bottom := top + len(c.Lanes)*RowHeight
	for _, tick := range d.scale.ticks(9, 3*9) {
		x := d.x(d.scale.cell(tick))
		d.Printf(`<path class="grid" d="M%d %dV%d"/>`, x, top, bottom)
		d.Text(x, top-6, "soft", "middle", console.Duration(tick))
	}
	d.Y = top
	for i, l := range c.Lanes {
		d.lane(i, l)
	}
	d.Y += 4
	for _, line := range c.reasons(WrapRunes - 5) {
		d.Y += lineHeight
		d.Text(Margin, d.Y-4, "soft", "", line)
	}
}

// title writes the title of a chart, with the colour of the server that it is about.
func (d *drawing) title(title string) {
	if title == "" {
		return
	}
	x := Margin
	if look, _, found := console.Part(title); found {
		d.Printf(`<rect class="bar" fill="%s" x="%d" y="%d" width="14" height="14" rx="2"/>`, look.Hex, x, d.Y+4)
		x += 22
	}
	for line := range strings.SplitSeq(console.Wrap(title, WrapRunes-10), "\n") {
		d.Text(x, d.Y+16, "name", "", line)
		d.Y += lineHeight
	}
}

// lane draws a lane in the client's colour, or as an outline if the client was not served to its end.
func (d *drawing) lane(i int, l Lane) {
	color, served := `class="bar" fill="`+console.Lane(i).Hex+`"`, `class="bar" fill="`+console.Lane(i).Hex+`"`
	waiting, accepted := `class="wait" stroke="`+console.Lane(i).Hex+`"`, `stroke="`+console.Lane(i).Hex+`"`
	if l.Failure != "" {
		color, served, waiting, accepted = `class="gone"`, `class="gone"`, `class="wait ink"`, `class="ink"`
	}
	middle := d.Y + RowHeight/2
	arrived, admitted, done := d.x(d.scale.cell(l.Arrived)), d.x(d.scale.cell(l.Admitted())), d.x(d.scale.cell(l.Done()))
	d.Text(Margin, middle+5, "", "", l.Name)
	d.wait(waiting, arrived, d.x(d.scale.accepted(l)), middle)
	if l.Accepted > 0 {
		d.accepted(accepted, d.x(d.scale.accepted(l)), admitted, middle)
	}
	if l.Served > 0 {
		hungUp := d.x(d.scale.cell(l.Done() - d.scale.late(l)))
		d.bar(served, admitted, hungUp, middle)
		if hungUp < done {
			d.bar(strings.Replace(served, `"bar"`, `"bar late"`, 1), hungUp, done, middle)
		}
	}
	d.diamond(color, arrived, middle)
	switch l.mark() {
	case failedMark:
		d.cross(done, middle)
	case refusedMark:
		d.refusal(done, middle)
	}
	d.Text(d.waits, middle+5, "soft", "", l.waitNote(d.scale))
	d.Text(d.ends, middle+5, "soft", "", l.endNote(d.scale))
	d.Y += RowHeight
}

func (d *drawing) diamond(look string, x, middle int) {
	d.Printf(`<path %s d="M%d %dl7 7l-7 7l-7 -7z"/>`, look, x, middle-7)
}

func (d *drawing) cross(x, middle int) {
	d.Printf(`<path class="fail" d="M%d %dl10 10m0 -10l-10 10"/>`, x-5, middle-5)
}

// refusal draws a circle with a stroke through it.
func (d *drawing) refusal(x, middle int) {
	d.Printf(`<path class="gone" d="M%d %da6 6 0 1 0 12 0a6 6 0 1 0 -12 0m2 4l8 -8"/>`, x-6, middle)
}

func (d *drawing) wait(look string, from, to, middle int) {
	if to > from {
		d.Printf(`<path %s d="M%d %dH%d"/>`, look, from, middle, to)
	}
}

// accepted draws a tick where a client was accepted, and a thin line from there to its greeting.
func (d *drawing) accepted(look string, from, to, middle int) {
	d.Printf(`<path %s stroke-width="2" d="M%d %dv%dM%d %dH%d"/>`, look, from, middle-tickHeight/2, tickHeight, from, middle, to)
}

// bar draws a bar that is at least 2 pixels wide.
func (d *drawing) bar(look string, from, to, middle int) {
	d.Printf(`<rect %s x="%d" y="%d" width="%d" height="%d" rx="2"/>`, look, from, middle-barHeight/2, max(to-from, 2), barHeight)
}

// legend says what the shapes in the charts mean, in as many rows as that takes.
func (d *drawing) legend(charts []Chart) {
	known, dots := acceptances(charts)
	waited, held, late, failed, refused := false, false, false, false, false
	for _, c := range charts {
		for _, l := range c.Lanes {
			accepted := d.scale.accepted(l)
			waited = waited || d.scale.cell(l.Waited) > 0 && accepted > d.scale.cell(l.Arrived)
			held = held || accepted < d.scale.cell(l.Admitted())
			late = late || d.scale.late(l) > 0
			failed = failed || l.mark() == failedMark
			refused = refused || l.mark() == refusedMark
		}
	}
	x := Margin + 7 // half a diamond
	for _, item := range []struct {
		occurs bool
		width  int
		shape  func(middle int)
		text   string
	}{
		{true, 14, func(middle int) { d.diamond(`class="ink"`, x, middle) }, "arrived"},
		{waited, 36, func(middle int) { d.wait(`class="wait ink"`, x, x+28, middle) }, dots},
		{held, 36, func(middle int) { d.accepted(`class="ink"`, x, x+28, middle) }, "accepted, waiting"},
		{known && !held, 8, func(middle int) { d.accepted(`class="ink"`, x, x, middle) }, "accepted"},
		{true, 36, func(middle int) { d.bar(`class="ink"`, x, x+28, middle) }, "served"},
		{late, 36, func(middle int) { d.bar(`class="ink late"`, x, x+28, middle) }, "late"},
		{failed, 42, func(middle int) { d.bar(`class="gone"`, x, x+28, middle); d.cross(x+28, middle) }, "failed"},
		{refused, 14, func(middle int) { d.refusal(x, middle) }, "refused"},
	} {
		if !item.occurs {
			continue
		}
		width := item.width + TextWidth(item.text)
		if x+width > PictureWidth-Margin {
			x = Margin
			d.Y += RowHeight
		}
		middle := d.Y + RowHeight/2
		item.shape(middle)
		d.Text(x+item.width, middle+5, "soft", "", item.text)
		x += width + Margin
	}
	d.Y += RowHeight
}

// x returns where a cell of the scale is drawn.
func (d *drawing) x(cell int) int { return d.label + Margin + cell }
