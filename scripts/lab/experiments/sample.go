package experiments

import (
	"math"
	"slices"
)

// A Sample is what one quantity came out as, with a value for each round.
type Sample []float64

// Median returns the value in the middle, or 0 of an empty sample.
func (s Sample) Median() float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// Bounds returns values between which the median of many more rounds would lie, with a confidence of 95 %. They
// are the bounds of the sign test, which assumes nothing about how the values are distributed. With fewer than nine
// values they are the lowest and the highest, and with fewer than six the confidence is less: 94 % with five, 75 %
// with three. That is one reason for the margin of [Sample.Within].
func (s Sample) Bounds() (low, high float64) {
	if len(s) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(s))
	outer := outliers(len(sorted))
	return sorted[outer], sorted[len(sorted)-1-outer]
}

// outliers returns how many of n values may be left out at each end.
func outliers(n int) int {
	const doubt = 0.05
	k, ways, below := 0, 1.0, 1.0 // below: in how many ways at most k of n coins show heads
	for {
		ways *= float64(n-k) / float64(k+1)
		below += ways
		if 2*below > doubt*math.Exp2(float64(n)) {
			return k
		}
		k++
	}
}

// margin is the share by which a figure may differ between two runs of the lab, beyond the spread within one run.
const margin = 0.1

// Within judges whether the quantity lies from low to high: it does if its bounds do, with a margin; it does not if
// both lie outside on the same side, again with a margin. Otherwise the rounds cannot tell.
func (s Sample) Within(low, high float64) Answer {
	least, most := s.Bounds()
	if !math.IsInf(most, 1) { // a time that something did not happen in
		least -= margin * math.Abs(least)
		most += margin * math.Abs(most)
	}
	switch {
	case len(s) == 0:
		return CouldNotTell
	case least >= low && most <= high:
		return Holds
	case most < low || least > high:
		return DoesNotHold
	}
	return CouldNotTell
}

// is judges whether a number of things is want. It has no margin.
func (s Sample) is(want float64) Answer {
	var same []bool
	for _, v := range s {
		same = append(same, v == want)
	}
	return Agree(same)
}

// Agree judges what was seen or not seen in each round. From nine rounds on, a round or more may disagree with all
// the others, as in [Sample.Bounds].
func Agree(seen []bool) Answer {
	yes := 0
	for _, s := range seen {
		if s {
			yes++
		}
	}
	outer := outliers(len(seen))
	switch {
	case len(seen) == 0:
		return CouldNotTell
	case len(seen)-yes <= outer:
		return Holds
	case yes <= outer:
		return DoesNotHold
	}
	return CouldNotTell
}

// In writes the median as a person reads it, and behind it the bounds if they differ from it.
func (s Sample) In(u Unit) string {
	if len(s) == 0 {
		return "nothing"
	}
	low, high := s.Bounds()
	text := u.Format(s.Median())
	if from, to := u.Format(low), u.Format(high); from != to {
		text += " (" + from + " to " + to + ")"
	}
	return text
}

// shares is like In, for shares of something.
func (s Sample) shares() string {
	var percent Sample
	for _, v := range s {
		percent = append(percent, 100*v)
	}
	return percent.In(Percent)
}

// count returns how often something was seen.
func count(seen []bool) (n int) {
	for _, s := range seen {
		if s {
			n++
		}
	}
	return n
}
