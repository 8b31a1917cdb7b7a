package report

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
)

// curves is a drawing of one figure over another, with a curve for each series.
type curves struct {
	title  string // may be empty
	x, y   axis
	logY   bool
	series []series
}

type axis struct {
	name string
	unit experiments.Unit
}

// series is the points of one curve, from left to right.
type series struct {
	name   string
	points []point
}

// A point has bounds, between which its y lies. They are y itself if it was measured once.
type point struct {
	x, y, low, high float64
	label           string // of x
	atLeast         bool   // y may have been larger
}

// curvesOf returns the figures that e wants to be seen as curves, as far as they are known.
func curvesOf(e experiments.Experiment, r experiments.Result) (plots []curves) {
	for _, want := range e.Curves {
		c := curves{title: sentence(want.Title), x: axis{name: want.X}, y: axis{name: want.Y}, logY: want.LogY}
		for _, row := range r.Rows {
			x, okX := row.Figure(want.X)
			y, okY := row.Figure(want.Y)
			if !okX || !okY || !x.Known() || !y.Known() {
				continue
			}
			c.x.unit, c.y.unit = x.Unit, y.Unit
			i := slices.IndexFunc(c.series, func(s series) bool { return s.name == row.Subject })
			if i < 0 {
				i = len(c.series)
				c.series = append(c.series, series{name: row.Subject})
			}
			low, high := bounds(y)
			c.series[i].points = append(c.series[i].points, point{x.Value, y.Value, low, high, x.String(), y.AtLeast})
		}
		for _, s := range c.series {
			slices.SortStableFunc(s.points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
		}
		if len(c.series) > 0 {
			plots = append(plots, c)
		}
	}
	return plots
}

// bounds returns the bounds of a figure.
func bounds(f experiments.Figure) (low, high float64) {
	if f.Spread == nil {
		return f.Value, f.Value
	}
	return f.Spread.Low, f.Spread.High
}

// sentence returns text as a sentence begins.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (c curves) names() (names []string) {
	for _, s := range c.series {
		names = append(names, s.name)
	}
	return names
}

// points returns the points of all series.
func (c curves) points() (points []point) {
	for _, s := range c.series {
		points = append(points, s.points...)
	}
	return points
}

// ticksX returns a point for each value along the x axis, sorted.
func (c curves) ticksX() []point {
	points := c.points()
	slices.SortStableFunc(points, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	return slices.CompactFunc(points, func(a, b point) bool { return a.x == b.x })
}

// notes says which curves lie on one another, which the eye could miss.
func (c curves) notes() string {
	var notes []string
	told := make(map[string]bool)
	for i, s := range c.series {
		same := []string{s.name}
		for _, other := range c.series[i+1:] {
			if c.coincide(s, other) && !told[other.name] {
				told[other.name] = true
				same = append(same, other.name)
			}
		}
		if last := len(same) - 1; last > 0 {
			notes = append(notes, strings.Join(same[:last], ", ")+" and "+same[last]+" coincide.")
		}
	}
	return strings.Join(notes, " ")
}

// coincide reports whether two series have the same points, as far as the eye can tell.
func (c curves) coincide(a, b series) bool {
	const cells, close = 100, 3
	y := c.yScale(cells)
	return slices.EqualFunc(a.points, b.points, func(p, q point) bool {
		apart := y.cell(p.y) - y.cell(q.y)
		return p.x == q.x && max(apart, -apart) < close
	})
}

// bars is a drawing of bars, one for each row, which are made of parts.
type bars struct {
	title string
	parts []string
	rows  []bar
	log   bool // the scale is logarithmic
}

// A bar has the values of its parts, in their order, and a note at its end. If it has one part that was measured in
// several rounds, it also has bounds.
type bar struct {
	name      string
	parts     []float64
	note      string
	low, high float64
	fills     int // the fill of its first part
}

// pale is the fill of a bar whose value stands for something else, such as a wait that somebody gave up.
const pale = 2

// barsOf returns the figures that e wants to be seen as bars. It has no rows if there are none.
func barsOf(e experiments.Experiment, r experiments.Result) bars {
	b := bars{title: sentence(strings.Join(e.Bars, " + ")), parts: e.Bars, log: e.LogBars}
	if b.log {
		b.title += ", on a logarithmic scale"
	}
	for _, row := range r.Rows {
		bar := bar{name: row.Subject}
		var notes []string
		for _, name := range e.Bars {
			if f, found := row.Figure(name); found {
				bar.parts = append(bar.parts, f.Value)
				bar.low, bar.high = bounds(f)
				notes = append(notes, f.String())
			}
		}
		if bar.note = strings.Join(notes, " + "); len(notes) == 1 {
			bar.fills = b.another(row, e.Bars[0])
		}
		if len(bar.parts) == len(e.Bars) && len(bar.parts) > 0 {
			b.rows = append(b.rows, bar)
		}
	}
	return b
}

// another returns the fill of one more bar, so that the bars about one server differ.
func (b bars) another(row experiments.Row, figure string) int {
	if f, _ := row.Figure(figure); f.Text != "" {
		return pale
	}
	fill := 0
	look, _, found := console.Part(row.Subject)
	for _, r := range b.rows {
		if other, _, _ := console.Part(r.name); found && other == look {
			fill = (fill + 1) % pale
		}
	}
	return fill
}
