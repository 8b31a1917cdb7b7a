package experiments

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

// A Figure is one value, given or measured. A value that was measured in several rounds is their median. It is
// [rig.Unknown] if the system does not tell it.
type Figure struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   Unit    `json:"unit,omitempty"`
	Spread *Spread `json:"spread,omitempty"` // nil for a value that was not measured more than once
	Text   string  `json:"text,omitempty"`   // what to show instead of the value

	AtLeast bool `json:"at_least,omitempty"` // the value may have been larger

	given  bool
	rounds []Figure // what was measured in each round
}

// A Spread says how much a value differed between the rounds; see [Sample.Bounds].
type Spread struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Rounds int     `json:"rounds"`
}

// A Unit is what a figure counts.
type Unit string

// The units of figures.
const (
	Things    Unit = ""
	Bytes     Unit = "bytes"
	Seconds   Unit = "seconds"
	PerSecond Unit = "per second"
	Percent   Unit = "percent"
	Times     Unit = "times" // how often one thing goes into another
)

// Given returns a value that the experiment sets, such as the place on the x axis of a curve.
func Given(name string, value float64, unit Unit) Figure {
	return Figure{Name: name, Value: value, Unit: unit, given: true}
}

// Count returns a number of things as a figure.
func Count(name string, n int64) Figure { return Figure{Name: name, Value: float64(n)} }

// Memory returns a number of bytes as a figure.
func Memory(name string, n int64) Figure { return Figure{Name: name, Value: float64(n), Unit: Bytes} }

// Time returns a time as a figure.
func Time(name string, d time.Duration) Figure {
	return Figure{Name: name, Value: d.Seconds(), Unit: Seconds}
}

// Rate returns a number of things per second as a figure.
func Rate(name string, r float64) Figure { return Figure{Name: name, Value: r, Unit: PerSecond} }

// Share returns a share of something as a figure: 1 is all of it.
func Share(name string, s float64) Figure { return Figure{Name: name, Value: 100 * s, Unit: Percent} }

// Within returns the time within which the server answered a share q of the requests of a load that it answered. A >
// before it says that it may have been longer.
func Within(name string, l *rig.Load, q float64) Figure {
	d, atLeast := l.Quantile(q)
	f := Time(name, d)
	f.AtLeast = atLeast
	return f
}

// As returns f with text in place of its value.
func (f Figure) As(text string) Figure {
	f.Text = text
	return f
}

// Known reports whether the system tells the figure.
func (f Figure) Known() bool { return f.Value != rig.Unknown }

// String returns the value as a person reads it, with half of the spread behind it if that is a hundredth or more.
func (f Figure) String() string {
	switch {
	case f.Text != "":
		return f.Text
	case !f.Known():
		return "–"
	}
	text := f.Unit.Format(f.Value)
	if f.AtLeast {
		text = "> " + text
	}
	if f.Spread != nil && f.Value == 0 && f.Unit.Format(f.Spread.High) != text {
		text += " (to " + f.Unit.Format(f.Spread.High) + ")"
	}
	if f.Spread != nil && f.Value != 0 {
		if share := (f.Spread.High - f.Spread.Low) / 2 / math.Abs(f.Value) * 100; share >= 1 {
			text += fmt.Sprintf(" ±%.0f%%", share)
		}
	}
	return text
}

// join adds what was measured in one more round.
func (f *Figure) join(next Figure) {
	if next.given {
		*f = next
		return
	}
	f.rounds = append(f.rounds, next)
	var values Sample
	more := 0
	for _, r := range f.rounds {
		if r.Known() {
			values = append(values, r.Value)
		}
		if r.AtLeast {
			more++
		}
	}
	f.AtLeast = 2*more > len(f.rounds)
	f.Text = usual(f.rounds)
	if f.Value = rig.Unknown; len(values) > 0 {
		f.Value = values.Median()
	}
	if len(values) > 1 {
		low, high := values.Bounds()
		f.Spread = &Spread{low, high, len(values)}
	}
}

// usual returns the text that most rounds have, and in how many of them it stands if not in all. It is empty if most
// have none.
func usual(rounds []Figure) string {
	times := make(map[string]int)
	most := rounds[0].Text
	for _, r := range rounds {
		if times[r.Text]++; times[r.Text] > times[most] {
			most = r.Text
		}
	}
	if most == "" || times[most] == len(rounds) {
		return most
	}
	return fmt.Sprintf("%s (%d of %d)", most, times[most], len(rounds))
}

// Format writes a value of this unit as a person reads it, to two or three digits.
func (u Unit) Format(v float64) string {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return "never"
	}
	switch u {
	case Seconds:
		if v > 0 && v < 1e-6 {
			return short(v*1e9) + "ns"
		}
		return console.Duration(time.Duration(v * float64(time.Second)))
	case Bytes:
		for _, unit := range []string{"B", "KiB", "MiB", "GiB"} {
			if math.Abs(v) < 1000 {
				return short(v) + " " + unit
			}
			v /= 1024
		}
		return short(v) + " TiB"
	case PerSecond:
		return short(v) + "/s"
	case Percent:
		return fmt.Sprintf("%.0f %%", v)
	case Times:
		return about(v)
	}
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return short(v)
}

// about writes v to two digits, with commas between thousands.
func about(v float64) string {
	if v < 100 {
		return short(v)
	}
	power := math.Pow(10, math.Floor(math.Log10(v))-1)
	text := strconv.FormatFloat(math.Round(v/power)*power, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// short writes v with one decimal if it is small.
func short(v float64) string {
	if math.Abs(v) < 10 && v != math.Trunc(v) {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
