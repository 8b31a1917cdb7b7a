package report

import (
	"math"
	"slices"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
)

// curves is a drawing of one figure over another, with a curve for each series.
type curves struct {
	title  string
	x, y   axis
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

type point struct{ x, y float64 }

// curvesOf returns the figures that e wants to be seen as curves, as far as they are known.
func curvesOf(e experiments.Experiment, r experiments.Result) (plots []curves) {
	for _, want := range e.Curves {
		c := curves{title: want.Y + " against " + want.X, x: axis{name: want.X}, y: axis{name: want.Y}}
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
			c.series[i].points = append(c.series[i].points, point{x.Value, y.Value})
		}
		if len(c.series) > 0 {
			plots = append(plots, c)
		}
	}
	return plots
}

// bars is a drawing of bars, one for each row, which are made of parts.
type bars struct {
	title string
	parts []string
	rows  []bar
}

// A bar has the values of its parts, in their order, and a note at its end.
type bar struct {
	name  string
	parts []float64
	note  string
}

// barsOf returns the figures that e wants to be seen as bars. It has no rows if there are none.
func barsOf(e experiments.Experiment, r experiments.Result) bars {
	b := bars{title: strings.Join(e.Bars, " + "), parts: e.Bars}
	for _, row := range r.Rows {
		bar := bar{name: row.Subject}
		var notes []string
		for _, name := range e.Bars {
			if f, found := row.Figure(name); found {
				bar.parts = append(bar.parts, f.Value)
				notes = append(notes, f.String())
			}
		}
		bar.note = strings.Join(notes, " + ")
		if len(bar.parts) == len(e.Bars) && len(bar.parts) > 0 {
			b.rows = append(b.rows, bar)
		}
	}
	return b
}

// color returns the colour of series or part i, which is the same in text and picture.
func color(i int) console.Color { return console.Lane(i) }

// scale maps values to cells: the columns and rows of a terminal, or the pixels of a picture.
type scale struct {
	from, to float64
	log      bool
	binary   bool // round values are powers of two
	cells    int  // from the first value to the last
}

// crowded is the ratio of the last value to the first from which a scale is logarithmic: a linear
// one would crowd most values at its beginning.
const crowded = 16

func (c curves) xScale(cells int) scale {
	xs := c.xs()
	s := scale{from: xs[0], to: xs[len(xs)-1], cells: cells}
	if s.from == s.to {
		s.from, s.to = s.from-1, s.to+1
	}
	s.log = s.from > 0 && s.to/s.from >= crowded
	return s
}

// yScale begins at 0 and ends at a round number.
func (c curves) yScale(cells int) scale {
	s := scale{binary: c.y.unit == experiments.Bytes, cells: cells}
	for _, series := range c.series {
		for _, p := range series.points {
			s.to = max(s.to, p.y)
		}
	}
	if s.to == 0 {
		s.to = 1
	}
	step := s.step()
	s.to = math.Ceil(s.to/step-1e-9) * step
	return s
}

// xs returns the values along the x axis, sorted.
func (c curves) xs() (xs []float64) {
	for _, s := range c.series {
		for _, p := range s.points {
			xs = append(xs, p.x)
		}
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// scale begins at 0 and ends with the longest bar.
func (b bars) scale(cells int) scale {
	greatest := 0.0
	for _, r := range b.rows {
		sum := 0.0
		for _, v := range r.parts {
			sum += max(v, 0) // a figure that the system does not tell is negative
		}
		greatest = max(greatest, sum)
	}
	if greatest == 0 {
		greatest = 1
	}
	return scale{to: greatest, cells: cells}
}

// cell returns where a value lies.
func (s scale) cell(v float64) int {
	share := (v - s.from) / (s.to - s.from)
	if s.log {
		share = math.Log(v/s.from) / math.Log(s.to/s.from)
	}
	return int(math.Round(share * float64(s.cells)))
}

// ticks returns the round values of a scale that begins at 0.
func (s scale) ticks() (ticks []float64) {
	for step, v := s.step(), 0.0; v <= s.to*(1+1e-9); v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// step returns the distance of two ticks: a power of two, or one of 1, 2, 5, 10, 20 and so on.
func (s scale) step() float64 {
	v := s.to / 4
	if s.binary {
		return math.Exp2(math.Ceil(math.Log2(v)))
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= v*(1-1e-9) {
			return factor * power
		}
	}
	return 10 * power
}
