package experiments

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

// A Figure is one measured value.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  Unit    `json:"unit"`
	Text  string  `json:"text,omitempty"` // what to say instead of the value
}

// several is a number of things in words.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
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

// Count is a number of things; [rig.Unknown] stands for a figure that the system does not tell.
func Count(name string, n int64) Figure { return Figure{name, float64(n), Things, ""} }

// Memory is a number of bytes, or [rig.Unknown].
func Memory(name string, n int64) Figure { return Figure{name, float64(n), Bytes, ""} }

// Time is a time.
func Time(name string, d time.Duration) Figure { return Figure{name, d.Seconds(), Seconds, ""} }

// Rate is a number of things per second.
func Rate(name string, r float64) Figure { return Figure{name, r, PerSecond, ""} }

// Within is the time within which a share q of the requests of a load was answered or given up, with a > before it if
// it may have been longer.
func Within(name string, l *rig.Load, q float64) Figure {
	d, atLeast := l.Quantile(q)
	f := Time(name, d)
	if atLeast {
		return f.As("> " + f.String())
	}
	return f
}

// As is f with text in place of its value.
func (f Figure) As(text string) Figure {
	f.Text = text
	return f
}

// Known says whether the system tells the figure.
func (f Figure) Known() bool { return f.Value != rig.Unknown }

// String is the value as a person reads it.
func (f Figure) String() string {
	switch {
	case f.Text != "":
		return f.Text
	case !f.Known():
		return "–"
	}
	return f.Unit.Format(f.Value)
}

// Format writes a value of this unit as a person reads it, to two or three figures.
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
