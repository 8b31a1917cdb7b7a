// Package timeline draws what happened to clients over time: one lane for each, from its arrival over its
// waiting to the end of its service, as text for a terminal ([Text]) or as a picture for a page ([SVG]).
//
//	        0s        1s        2s        3s        4s
//	conn0  ◆━━━━━━━━━━━━━━━━━━━━━━                                     served 2.2s
//	conn1  ◆······················━━━━━━━━━━━━━━━━━━━━━━  waited 2.2s  served 2.2s
//
// Both drawings stand on one geometry, so they cannot disagree.
package timeline

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// A Lane is what happened to one client. The client arrived when it began to connect, was admitted when the
// server greeted it, and was done when its connection was closed.
type Lane struct {
	Name    string        // a short label, as in the client's log
	Arrived time.Duration // since the chart's beginning
	Waited  time.Duration // from arrived to admitted, or to the failure of a client that never was
	Served  time.Duration // from admitted to done; 0 for a client that never was admitted
	Failure string        // why it ended otherwise than planned; "" for a lane that went well
}

// MarshalJSON writes the lane with its times in milliseconds.
func (l Lane) MarshalJSON() ([]byte, error) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return json.Marshal(struct {
		Name    string  `json:"name"`
		Arrived float64 `json:"arrived_ms"`
		Waited  float64 `json:"waited_ms"`
		Served  float64 `json:"served_ms"`
		Failure string  `json:"failure,omitempty"`
	}{l.Name, ms(l.Arrived), ms(l.Waited), ms(l.Served), l.Failure})
}

// Admitted is when the client was admitted, if it ever was.
func (l Lane) Admitted() time.Duration { return l.Arrived + l.Waited }

// Done is when the client's connection was closed.
func (l Lane) Done() time.Duration { return l.Arrived + l.Waited + l.Served }

// A Chart is the lanes of one run, with times since its beginning.
type Chart struct {
	Title string // may be empty
	Lanes []Lane
}

// Duration is when the last lane was done.
func (c Chart) Duration() time.Duration {
	var end time.Duration
	for _, l := range c.Lanes {
		end = max(end, l.Done())
	}
	return end
}

// LongestWait is the longest time that a client waited.
func (c Chart) LongestWait() time.Duration {
	var longest time.Duration
	for _, l := range c.Lanes {
		longest = max(longest, l.Waited)
	}
	return longest
}

// AtOnce is the largest number of clients that were served at the same time.
func (c Chart) AtOnce() int {
	type edge struct {
		at   time.Duration
		step int
	}
	var edges []edge
	for _, l := range c.Lanes {
		if l.Served > 0 {
			edges = append(edges, edge{l.Admitted(), +1}, edge{l.Done(), -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.step-b.step) // who leaves makes room for who enters in the same moment
	})
	most, now := 0, 0
	for _, e := range edges {
		now += e.step
		most = max(most, now)
	}
	return most
}

// scale maps times to cells: the columns of a terminal, or the pixels of a picture.
type scale struct {
	span  time.Duration // of the whole axis
	cells int           // that the span covers
}

// newScale returns the one scale on which all charts are drawn, so that they can be compared.
func newScale(charts []Chart, cells int) scale {
	span := time.Millisecond // nothing shorter is worth an axis
	for _, c := range charts {
		span = max(span, c.Duration())
	}
	return scale{span, cells}
}

// cell is where t lies. Equal times share a cell, so one lane's end stands exactly above another's beginning.
func (s scale) cell(t time.Duration) int {
	return int(float64(t)/float64(s.span)*float64(s.cells) + 0.5)
}

// steps are the distances of ticks that people read easily.
var steps = []time.Duration{
	1, 2, 5, 10, 20, 50, 100, 200, 500, // milliseconds
	1_000, 2_000, 5_000, 10_000, 20_000, 30_000,
	60_000, 2 * 60_000, 5 * 60_000, 10 * 60_000, 20 * 60_000, 30 * 60_000,
	3_600_000, 2 * 3_600_000, 6 * 3_600_000, 12 * 3_600_000, 24 * 3_600_000,
}

// ticks returns the times to mark on the axis, as close as their labels allow: a label takes perRune cells for
// each of its characters and a gap.
func (s scale) ticks(perRune, gap int) []time.Duration {
	for i, step := 0, time.Duration(0); ; i++ {
		if i < len(steps) {
			step = steps[i] * time.Millisecond
		} else {
			step *= 2
		}
		if s.cell(step) <= gap { // too close for any label
			continue
		}
		var ticks []time.Duration
		widest := 0
		for t := time.Duration(0); t <= s.span; t += step {
			ticks = append(ticks, t)
			widest = max(widest, utf8.RuneCountInString(console.Duration(t)))
		}
		if s.cell(step) >= widest*perRune+gap {
			return ticks
		}
	}
}

// waitNote says how long the client waited. A wait too short for a cell is not named.
func (l Lane) waitNote(s scale) string {
	if s.cell(l.Waited) == 0 { // its length counts, not its place: then a finer scale names all that a coarser one does
		return ""
	}
	return "waited " + console.Duration(l.Waited)
}

// endNote says how the lane ended.
func (l Lane) endNote() string {
	if l.Failure != "" {
		return l.Failure
	}
	return "served " + console.Duration(l.Served)
}
