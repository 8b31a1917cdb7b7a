package rig

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Request is one of a load. Its times are counted from when its client should have come: a late start is not hidden.
type Request struct {
	Came time.Duration // since the load began
	Took time.Duration // until it ended, or until the load was over
	Lag  time.Duration // how long after it should have come the client was started
	End  End
}

func (r Request) ended() time.Duration { return r.Came + r.Took }

// A Load is what clients got from a server, counted over a part of the time.
type Load struct {
	Requests []Request
	From, To time.Duration // the part of the time, since the load began

	began time.Time
	mu    sync.Mutex
}

func newLoad(from, to time.Duration) *Load { return &Load{From: from, To: to, began: time.Now()} }

// note records a request that has ended, whose client should have come at one moment and was started at another.
func (l *Load) note(came, started time.Time, end End) {
	r := Request{Came: came.Sub(l.began), Took: time.Since(came), Lag: started.Sub(came), End: end}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Requests = append(l.Requests, r)
}

// Between returns the same load, counted over another part of the time.
func (l *Load) Between(from, to time.Duration) *Load {
	return &Load{Requests: l.Requests, From: from, To: to, began: l.began}
}

// Impatient returns what the clients would have got if their patience had been shorter, and the server had not noticed
// who had left.
func (l *Load) Impatient(patience time.Duration) *Load {
	shorter := l.Between(l.From, l.To)
	shorter.Requests = nil
	for _, r := range l.Requests {
		if r.Took > patience {
			r.Took, r.End = patience, Late
		}
		shorter.Requests = append(shorter.Requests, r)
	}
	return shorter
}

// Over returns how long the counted time is.
func (l *Load) Over() time.Duration { return l.To - l.From }

// Offered returns how many clients should have come within the counted time.
func (l *Load) Offered() (n int) {
	for _, r := range l.Requests {
		if r.Came >= l.From && r.Came < l.To {
			n++
		}
	}
	return n
}

// Count returns how many requests ended so within the counted time.
func (l *Load) Count(end End) (n int) {
	for _, r := range l.Requests {
		if r.End == end && r.ended() >= l.From && r.ended() < l.To {
			n++
		}
	}
	return n
}

// Inside returns the load without the requests that did not end within the counted time.
func (l *Load) Inside() *Load {
	inside := l.Between(l.From, l.To)
	inside.Requests = nil
	for _, r := range l.Requests {
		if r.ended() >= l.From && r.ended() < l.To {
			inside.Requests = append(inside.Requests, r)
		}
	}
	return inside
}

// Share returns the share of the clients that came within the counted time whose requests ended so.
func (l *Load) Share(end End) float64 {
	n := 0
	for _, r := range l.Requests {
		if r.End == end && r.Came >= l.From && r.Came < l.To {
			n++
		}
	}
	return float64(n) / float64(max(l.Offered(), 1))
}

// Waiting returns how many requests had come and not ended when the counted time was over.
func (l *Load) Waiting() (n int) {
	for _, r := range l.Requests {
		if r.Came < l.To && (r.ended() >= l.To || r.End == Open) {
			n++
		}
	}
	return n
}

// Last returns when the last request ended, since the load began.
func (l *Load) Last() (last time.Duration) {
	for _, r := range l.Requests {
		last = max(last, r.ended())
	}
	return last
}

// Rate returns how many requests were answered in a second of the counted time. This is the goodput.
func (l *Load) Rate() float64 { return float64(l.Count(Answered)) / l.Over().Seconds() }

// Quantile returns the time within which a share q, from 0 to 1, of the answered requests was answered, of those that
// had not ended before the counted time. It is a lower bound if one of the requests that are still open may decide.
func (l *Load) Quantile(q float64) (d time.Duration, atLeast bool) {
	latency := hdrhistogram.New(1, 60_000_000, 2) // from 1 µs to 1 minute, to two digits
	open := 0
	for _, r := range l.Requests {
		if r.ended() < l.From || r.End != Answered && r.End != Open {
			continue
		}
		latency.RecordValue(max(r.Took.Microseconds(), 1))
		if r.End == Open {
			open++
		}
	}
	d = time.Duration(latency.ValueAtQuantile(q*100)) * time.Microsecond
	return d, float64(open) > (1-q)*float64(latency.TotalCount())
}

// Late returns how many clients were started more than d after they should have come, or could not be started: the
// machine was too busy with other things, or this process has too few files. Then the load is not what it should be.
func (l *Load) Late(d time.Duration) (n int) {
	for _, r := range l.Requests {
		if r.Lag > d || r.End == Unstarted {
			n++
		}
	}
	return n
}
