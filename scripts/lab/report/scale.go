package report

import (
	"math"

	"example.com/concurrent-servers/scripts/lab/experiments"
)

// scale maps values to cells: the columns and rows of a terminal, or the pixels of a picture.
type scale struct {
	from, to float64
	log      bool
	zero     int  // a logarithmic scale has a 0 so many cells below its first value
	binary   bool // round values are powers of two
	cells    int  // from the first value, or the 0, to the last
}

// crowded is the ratio of the last value to the first from which an x axis is logarithmic: a linear one would crowd
// most values at its beginning.
const crowded = 16

func (c curves) xScale(cells int) scale {
	xs := c.ticksX()
	s := scale{from: xs[0].x, to: xs[len(xs)-1].x, cells: cells}
	if s.from == s.to {
		s.from, s.to = s.from-1, s.to+1
	}
	s.log = s.from > 0 && s.to/s.from >= crowded
	return s
}

// yScale ends at a round number. It begins at 0, or at a round number if it is logarithmic.
func (c curves) yScale(cells int) scale {
	s := scale{binary: c.y.unit == experiments.Bytes, cells: cells}
	least := math.Inf(1) // above 0
	for _, p := range c.points() {
		s.to = max(s.to, p.y, p.high)
		for _, v := range []float64{p.y, p.low} {
			if v > 0 {
				least = min(least, v)
			}
		}
	}
	if s.to == 0 {
		s.to = 1
	}
	if c.logY && least < s.to {
		return c.logScale(s, least)
	}
	step := s.step()
	s.to = math.Ceil(s.to/step-1e-9) * step
	return s
}

// logScale makes s logarithmic, from the round number below least.
func (c curves) logScale(s scale, least float64) scale {
	s.log = true
	s.from, s.to = s.floor(least), s.ceil(s.to)
	for _, p := range c.points() {
		if p.y <= 0 || p.low <= 0 {
			s.zero = s.cells / 8
		}
	}
	return s
}

// floor returns the greatest round number that is not above v: a power of two, or 1, 2 or 5 times a power of ten.
func (s scale) floor(v float64) float64 {
	if s.binary {
		return math.Exp2(math.Floor(math.Log2(v)))
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, factor := range []float64{5, 2} {
		if factor*power <= v*(1+1e-9) {
			return factor * power
		}
	}
	return power
}

// ceil returns the least round number that is not below v.
func (s scale) ceil(v float64) float64 {
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

// scale begins at 0, or with a tenth of the shortest bar if it is logarithmic, and ends with the longest bar.
func (b bars) scale(cells int) scale {
	greatest := 0.0
	for _, r := range b.rows {
		sum := 0.0
		for _, v := range r.parts {
			sum += max(v, 0) // a figure that the system does not tell is negative
		}
		if len(r.parts) == 1 {
			sum = max(sum, r.high)
		}
		greatest = max(greatest, sum)
	}
	if greatest == 0 {
		greatest = 1
	}
	if least := b.least(); b.log && least < greatest {
		return scale{from: least / 10, to: greatest, log: true, cells: cells}
	}
	return scale{to: greatest, cells: cells}
}

// least returns the shortest bar that is longer than 0, or infinity.
func (b bars) least() float64 {
	least := math.Inf(1)
	for _, r := range b.rows {
		for _, v := range []float64{r.parts[0], r.low} {
			if v > 0 {
				least = min(least, v)
			}
		}
	}
	return least
}

// cell returns where a value lies.
func (s scale) cell(v float64) int {
	if !s.log {
		return int(math.Round((v - s.from) / (s.to - s.from) * float64(s.cells)))
	}
	if v <= 0 {
		return 0
	}
	share := math.Log(v/s.from) / math.Log(s.to/s.from)
	return s.zero + int(math.Round(share*float64(s.cells-s.zero)))
}

// ticks returns the round values of a y scale.
func (s scale) ticks() (ticks []float64) {
	if s.log {
		return s.logTicks()
	}
	for step, v := s.step(), 0.0; v <= s.to*(1+1e-9); v += step {
		ticks = append(ticks, v)
	}
	return ticks
}

// logTicks returns powers of ten, or, if those are few, numbers between them too.
func (s scale) logTicks() (ticks []float64) {
	factors := []float64{1}
	if s.to/s.from < 100 {
		factors = []float64{1, 2, 5}
	}
	base, first := 10.0, math.Floor(math.Log10(s.from))
	if s.binary {
		doublings := math.Log2(s.to / s.from)
		base, factors = math.Exp2(max(math.Ceil(doublings/5), 1)), []float64{1}
		first = math.Ceil(math.Log(s.from) / math.Log(base))
	}
	if s.zero > 0 {
		ticks = append(ticks, 0)
	}
	for power := math.Pow(base, first); power <= s.to*(1+1e-9); power *= base {
		for _, f := range factors {
			if v := f * power; v >= s.from*(1-1e-9) && v <= s.to*(1+1e-9) {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// step returns the distance of two ticks, a round number.
func (s scale) step() float64 { return s.ceil(s.to / 4) }
