package console

import (
	"fmt"
	"time"
)

// Duration formats d as a person would say it, to two or three figures: 31µs, 0.4ms, 350ms, 2.2s, 2m05s, 1h05m.
func Duration(d time.Duration) string {
	switch {
	case d == 0:
		return "0s"
	case d < 0:
		return "-" + Duration(max(-d, -(d+1))) // the least time has no opposite
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	case d < 10*time.Millisecond:
		return trimZero(fmt.Sprintf("%.1f", d.Seconds()*1000)) + "ms"
	case d < 999500*time.Microsecond: // from here on it rounds to a second
		return fmt.Sprintf("%.0fms", d.Seconds()*1000)
	case d < 59950*time.Millisecond:
		return trimZero(fmt.Sprintf("%.1f", d.Seconds())) + "s"
	case d < time.Hour-time.Second/2:
		s := int(d.Round(time.Second) / time.Second)
		if s%60 == 0 {
			return fmt.Sprintf("%dm", s/60)
		}
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	default:
		m := int(d.Round(time.Minute) / time.Minute)
		if m%60 == 0 {
			return fmt.Sprintf("%dh", m/60)
		}
		return fmt.Sprintf("%dh%02dm", m/60, m%60)
	}
}

func trimZero(s string) string {
	if n := len(s) - 2; s[n:] == ".0" {
		return s[:n]
	}
	return s
}
