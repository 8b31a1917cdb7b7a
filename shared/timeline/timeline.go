// Package timeline draws what happened to clients over time: one lane for each, from its arrival over its
// waiting to the end of its service, as text for a terminal ([Text]) or as a picture for a page ([SVG]).
//
//	        0s        1s        2s        3s        4s
//	conn0  ◆━━━━━━━━━━━━━━━━━━━━━━                                     served 2.2s
//	conn1  ◆······················━━━━━━━━━━━━━━━━━━━━━━  waited 2.2s  served 2.2s
//
// Where it is known when the server accepted a client, the dots end there, and colons lead on to its
// greeting:
//
//	conn2  ◆········::::::::::::::━━━━━━━━━━━━━━━━━━━━━━  waited 2.2s  served 2.2s
//
// Both drawings stand on one geometry, so they cannot disagree.
package timeline

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// A Lane is what happened to one client. The client arrived when it began to connect, was admitted when it read the
// greeting, and hung up when it had said everything. It was done when it had also got the last byte that the server
// owed it.
type Lane struct {
	Name    string        // a short label, as in the client's log
	Arrived time.Duration // since the chart's beginning
	Waited  time.Duration // from arrived to admitted, or to the failure of a client that was never admitted
	Served  time.Duration // from admitted to done; 0 for a client that was never admitted

	// Accepted is when the server accepted the client's connection, since the chart's beginning. It
	// is 0 if that is not known: a client cannot see it. [Lane.Accept] sets it.
	Accepted time.Duration

	// Late is the last part of Served, from the client's hang-up to the last byte that it was owed, or to the moment
	// at which it gave up. It is 0 if the server kept up: the last byte had come when the client hung up.
	Late time.Duration

	Failure string // why the conversation did not end as it should; "" for a lane that went well
	Refused bool   // the failure is that the server told the client that it is busy, as a server may
}

// MarshalJSON writes the lane with its times in milliseconds.
func (l Lane) MarshalJSON() ([]byte, error) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	var accepted *float64
	if l.Accepted > 0 {
		accepted = new(ms(l.Accepted))
	}
	return json.Marshal(struct {
		Name     string   `json:"name"`
		Arrived  float64  `json:"arrived_ms"`
		Accepted *float64 `json:"accepted_ms,omitempty"`
		Waited   float64  `json:"waited_ms"`
		Served   float64  `json:"served_ms"`
		Late     float64  `json:"late_ms"`
		Failure  string   `json:"failure,omitempty"`
		Refused  bool     `json:"refused,omitempty"`
	}{l.Name, ms(l.Arrived), accepted, ms(l.Waited), ms(l.Served), ms(l.Late), l.Failure, l.Refused})
}

// Accept notes when the server accepted the client's connection, since the chart's beginning. The
// clocks of two processes never agree exactly, so Accept moves a time before the arrival to the
// arrival, and a time after the admission to the admission.
func (l *Lane) Accept(at time.Duration) {
	l.Accepted = max(min(at, l.Admitted()), l.Arrived, 1) // because 0 means that it is not known
}

// Admitted returns when the client was admitted, if it ever was.
func (l Lane) Admitted() time.Duration { return l.Arrived + l.Waited }

// Done returns when the client was done, or when it failed.
func (l Lane) Done() time.Duration { return l.Arrived + l.Waited + l.Served }

// A Chart is the lanes of one run, with times since its beginning.
type Chart struct {
	Title string `json:"title"` // may be empty
	Lanes []Lane `json:"lanes"`
}

// Duration returns when the last lane was done.
func (c Chart) Duration() time.Duration {
	var end time.Duration
	for _, l := range c.Lanes {
		end = max(end, l.Done())
	}
	return end
}

// LongestWait returns the longest time that a client waited.
func (c Chart) LongestWait() time.Duration {
	var longest time.Duration
	for _, l := range c.Lanes {
		longest = max(longest, l.Waited)
	}
	return longest
}

// AtOnce returns the largest number of clients that were certainly served at the same moment. A server can serve
// another client in a client's place only after it has read that client's hang-up, so a client counts from its
// admission to its hang-up. It does not count while replies are late, because the server may have sent them, and
// gone on, before the client reads them. A client that failed does not count at all: the server may have gone on
// long before the client noticed.
func (c Chart) AtOnce() int {
	type edge struct {
		at   time.Duration
		step int
	}
	var edges []edge
	for _, l := range c.Lanes {
		if l.Failure == "" {
			edges = append(edges, edge{l.Admitted(), +1}, edge{l.Done() - l.Late, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.at, b.at), a.step-b.step) // a client that leaves makes room for one that enters
	})
	most, now := 0, 0
	for _, e := range edges {
		now += e.step
		most = max(most, now)
	}
	return most
}

// Failures returns why clients failed: for each reason a line with the names of up to three clients, and the reason.
func (c Chart) Failures() (lines []string) {
	for _, f := range c.failures() {
		lines = append(lines, f.text)
	}
	return lines
}

// A failure is a line about clients that failed for one reason, and the mark of their lanes.
type failure struct{ mark, text string }

func (c Chart) failures() (failures []failure) {
	names := make(map[failure][]string)
	for _, l := range c.Lanes {
		if l.Failure == "" {
			continue
		}
		f := failure{l.mark(), l.Failure}
		if names[f] == nil {
			failures = append(failures, f)
		}
		names[f] = append(names[f], l.Name)
	}
	for i, f := range failures {
		failed := names[f]
		if more := len(failed) - 3; more > 0 {
			failed = append(failed[:3:3], fmt.Sprintf("and %d more", more))
		}
		failures[i].text = strings.Join(failed, ", ") + ": " + f.text
	}
	return failures
}

// reasons returns the failures in lines of at most width characters, each behind its mark.
func (c Chart) reasons(width int) []string {
	var lines []string
	for _, f := range c.failures() {
		mark := f.mark + " "
		for line := range strings.SplitSeq(console.Wrap(f.text, width-2), "\n") {
			lines = append(lines, mark+cut(line, width-2))
			mark = "  "
		}
	}
	return lines
}

// The marks of a lane that did not go well. A server that refuses a client does what it should.
const (
	failedMark  = "✗"
	refusedMark = "⊘"
)

// mark returns what stands at the end of the lane, "" if it went well.
func (l Lane) mark() string {
	switch {
	case l.Failure == "":
		return ""
	case l.Refused:
		return refusedMark
	}
	return failedMark
}

// A scale maps times to cells: the columns of a terminal, or the pixels of a picture.
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

// accepted returns the cell in which l's waiting in the backlog ends and its waiting in the program
// begins. A wait too short for a cell is not drawn, wherever it lies: without that, rounding could
// draw a client that was greeted as soon as it was accepted as one that waited between the two.
func (s scale) accepted(l Lane) int {
	switch {
	case l.Accepted == 0, s.cell(l.Admitted()-l.Accepted) == 0:
		return s.cell(l.Admitted())
	case s.cell(l.Accepted-l.Arrived) == 0:
		return s.cell(l.Arrived)
	}
	return s.cell(l.Accepted)
}

// acceptances reports whether any client's acceptance is known, and says what the dots of the lanes
// mean: the backlog, if the acceptance is known of all clients that waited.
func acceptances(charts []Chart) (known bool, dots string) {
	unknown := false
	for _, c := range charts {
		for _, l := range c.Lanes {
			known = known || l.Accepted > 0
			unknown = unknown || l.Accepted == 0 && l.Waited > 0
		}
	}
	if !known || unknown {
		return known, "waiting"
	}
	return known, "in the backlog"
}

// noticeable is the shortest lateness that is drawn. A busy machine alone can hold up a reply by some ten milliseconds,
// which says nothing about the server.
const noticeable = 100 * time.Millisecond

// late returns the lateness of l as it is drawn and named: none if it is too short for a cell, or not noticeable.
func (s scale) late(l Lane) time.Duration {
	if l.Late < noticeable || s.cell(l.Late) == 0 {
		return 0
	}
	return l.Late
}

// waitNote says how long the client waited. A wait too short for a cell is not named.
func (l Lane) waitNote(s scale) string {
	if s.cell(l.Waited) == 0 { // its length counts, not its place, so that a finer scale names all that a coarser one does
		return ""
	}
	return "waited " + console.Duration(l.Waited)
}

// acceptNote says when the client was accepted, if that is known.
func (l Lane) acceptNote(s scale) string {
	switch {
	case l.Accepted == 0:
		return ""
	case s.cell(l.Accepted-l.Arrived) == 0:
		return "accepted on arrival"
	}
	return "accepted after " + console.Duration(l.Accepted-l.Arrived)
}

// endNote says how the lane ended.
func (l Lane) endNote(s scale) string {
	switch late := s.late(l); {
	case l.mark() == refusedMark:
		return "refused"
	case l.mark() == failedMark:
		return "failed"
	case late > 0:
		return fmt.Sprintf("served %s, %s late", console.Duration(l.Served), console.Duration(late))
	}
	return "served " + console.Duration(l.Served)
}
