package experiments

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

// A Figure is one measured value. The value is [rig.Unknown] if the system does not tell it.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  Unit    `json:"unit,omitempty"`
	Text  string  `json:"text,omitempty"` // what to show instead of the value
}

// A Unit is what a figure counts.
type Unit string

// The units of figures.
const (
	Things    Unit = ""
	Bytes     Unit = "bytes"
	Seconds   Unit = "seconds"
	PerSecond Unit = "per second"
)

// Count returns a number of things as a figure.
func Count(name string, n int64) Figure { return Figure{Name: name, Value: float64(n)} }

// Memory returns a number of bytes as a figure.
func Memory(name string, n int64) Figure { return Figure{name, float64(n), Bytes, ""} }

// Time returns a time as a figure.
func Time(name string, d time.Duration) Figure { return Figure{name, d.Seconds(), Seconds, ""} }

// Rate returns a number of things per second as a figure.
func Rate(name string, r float64) Figure { return Figure{name, r, PerSecond, ""} }

// Within returns the time within which the server answered a share q of the requests of a load, or
// the clients gave up. A > before it says that it may have been longer.
func Within(name string, l *rig.Load, q float64) Figure {
	d, atLeast := l.Quantile(q)
	f := Time(name, d)
	if atLeast {
		return f.As("> " + f.String())
	}
	return f
}

// As returns f with text in place of its value.
func (f Figure) As(text string) Figure {
	f.Text = text
	return f
}

// Known reports whether the system tells the figure.
func (f Figure) Known() bool { return f.Value != rig.Unknown }

// String returns the value as a person reads it.
func (f Figure) String() string {
	switch {
	case f.Text != "":
		return f.Text
	case !f.Known():
		return "–"
	}
	return f.Unit.Format(f.Value)
}

// Format writes a value of this unit as a person reads it, to two or three digits.
func (u Unit) Format(v float64) string {
	switch u {
	case Seconds:
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
	}
	if v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return short(v)
}

// short writes v with one decimal if it is small.
func short(v float64) string {
	if math.Abs(v) < 10 && v != math.Trunc(v) {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}
