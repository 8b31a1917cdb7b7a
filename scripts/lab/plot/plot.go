// Package plot draws what was measured: curves of one figure over another, and bars that are the sum of their parts;
// as text for a terminal, or as pictures for a page.
package plot

import (
	"math"
	"slices"

	"example.com/concurrent-servers/shared/console"
)

// Curves is a drawing of one figure over another, one curve for each series.
type Curves struct {
	Title  string
	X, Y   Axis
	Series []Series
}

// An Axis is what is drawn along one direction. Format writes a value as a person reads it; the round values of
// Binary axes, as of memory, are powers of two.
type Axis struct {
	Name   string
	Format func(float64) string
	Binary bool
}

// A Series is the points of one curve, from left to right.
type Series struct {
	Name   string
	Points []Point
}

// A Point is one measured value.
type Point struct{ X, Y float64 }

// color is that of the i-th series or part, the same in text and picture.
func color(i int) console.Color { return console.Lane(i) }

// span is the least and the greatest of some values.
func span(values []float64) (least, greatest float64) {
	if len(values) == 0 {
		return 0, 1
	}
	return slices.Min(values), slices.Max(values)
}

// scale maps values to cells: the columns and rows of a terminal, or the pixels of a picture.
type scale struct {
	from, to float64
	log      bool
	binary   bool
	cells    int // from the first to the last
}

// A scale that would crowd most values at its beginning is logarithmic.
const crowded = 16

func (c Curves) xScale(cells int) scale {
	least, greatest := span(c.xs())
	if least == greatest {
		least, greatest = least-1, greatest+1
	}
	return scale{from: least, to: greatest, log: least > 0 && greatest/least >= crowded, cells: cells}
}

// yScale begins at 0 and ends at a round number.
func (c Curves) yScale(cells int) scale {
	var ys []float64
	for _, s := range c.Series {
		for _, p := range s.Points {
			ys = append(ys, p.Y)
		}
	}
	_, greatest := span(ys)
	if greatest <= 0 {
		greatest = 1
	}
	s := scale{to: greatest, binary: c.Y.Binary, cells: cells}
	step := s.step()
	s.to = math.Ceil(greatest/step-1e-9) * step
	return s
}

// xs are all places along the x axis, sorted.
func (c Curves) xs() []float64 {
	var xs []float64
	for _, s := range c.Series {
		for _, p := range s.Points {
			xs = append(xs, p.X)
		}
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// cell is where a value lies.
func (s scale) cell(v float64) int {
	share := (v - s.from) / (s.to - s.from)
	if s.log {
		share = math.Log(v/s.from) / math.Log(s.to/s.from)
	}
	return int(math.Round(share * float64(s.cells)))
}

// ticks are the round values of a scale that begins at 0.
func (s scale) ticks() []float64 {
	var ticks []float64
	for step, v := s.step(), 0.0; v <= s.to*(1+1e-9); v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// step is the distance of two ticks: a power of two, or one of 1, 2, 5, 10, 20 and so on.
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
