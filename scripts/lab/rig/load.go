package rig

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Get requests path over a connection of its own and returns once the server has closed it. An answer other than 200
// is an error, and so is none within patience.
func Get(ctx context.Context, addr, path string, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	d := net.Dialer{Deadline: deadline}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(deadline)
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path); err != nil {
		return err
	}
	response, err := io.ReadAll(conn)
	if err == nil && !bytes.HasPrefix(response, []byte("HTTP/1.1 200 ")) {
		err = fmt.Errorf("GET %s: got %.60q, want 200", path, response)
	}
	return err
}

// A Load is what clients of one kind got from a server over a time.
type Load struct {
	Offered  int           // requests that began, if they come at a rate
	Asked    int           // requests that ended, one way or another
	Answered int           // of them, in time
	Failed   int           // of them, otherwise than by being late
	Over     time.Duration // the time over which requests were counted
	Lag      time.Duration // by how much the latest request began too late: the fault of the lab, or of a machine too busy
	Why      error         // the first failure
	Known    int           // requests of which it is known how long they took: Asked, and those that ended soon after
	Pending  int           // requests that were cut off

	mu      sync.Mutex
	latency *hdrhistogram.Histogram // in microseconds, of all: who was late with their patience, who was cut off with their age
}

// The histogram counts from 1 µs to 1 minute, to two figures.
func newLoad(over time.Duration) *Load {
	return &Load{Over: over, latency: hdrhistogram.New(1, 60_000_000, 2)}
}

// note records one request that has ended. Counted are those that end while the load is on.
func (l *Load) note(took time.Duration, err error, counted bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latency.RecordValue(max(took.Microseconds(), 1))
	l.Known++
	if !counted {
		return
	}
	l.Asked++
	switch {
	case err == nil:
		l.Answered++
	case !late(err):
		l.Failed++
		if l.Why == nil {
			l.Why = err
		}
	}
}

// cutOff records a request that was still waiting when nobody waited for it any longer.
func (l *Load) cutOff(age time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latency.RecordValue(max(age.Microseconds(), 1))
	l.Pending++
}

// Rate is how many requests were answered in a second.
func (l *Load) Rate() float64 { return float64(l.Answered) / l.Over.Seconds() }

// Quantile is the time within which a share q of the requests, from 0 to 1, was answered or given up. It is a lower
// bound if so many were cut off that it might be one of theirs.
func (l *Load) Quantile(q float64) (d time.Duration, atLeast bool) {
	d = time.Duration(l.latency.ValueAtQuantile(q*100)) * time.Microsecond
	return d, float64(l.Pending) > (1-q)*float64(l.Known+l.Pending)
}

// Press has clients ask for path again and again, each as soon as it has been answered, for the time d. It counts what
// was answered within it. Then it waits as long again for those that have asked, to know how long they take.
func Press(ctx context.Context, addr, path string, clients int, d time.Duration) *Load {
	l := newLoad(d)
	end := time.Now().Add(d)
	ctx, stop := context.WithDeadline(ctx, end.Add(d))
	defer stop()
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for began := time.Now(); began.Before(end); began = time.Now() {
				err := Get(ctx, addr, path, time.Minute)
				if ended(ctx) {
					l.cutOff(time.Since(began))
					return
				}
				l.note(time.Since(began), err, time.Now().Before(end))
				if err != nil {
					return
				}
			}
		})
	}
	asking.Wait()
	return l
}

// ended says whether ctx is done, or its deadline has passed, which a connection may notice first.
func ended(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// Arrive has clients come at a rate per second, independent of each other and of how they fare, which is an open
// loop: their gaps are distributed exponentially. Each asks for path once and leaves when it has lost patience. What
// happens within warm is not counted, and what happens in the time d after it is. Then nobody comes any more, and it
// waits as long again for those who are there, to know how long they take. A client's time runs from when it should have
// come, so that a late start is not hidden.
func Arrive(ctx context.Context, addr, path string, rate float64, warm, d, patience time.Duration) *Load {
	l := newLoad(d)
	gaps := rand.New(rand.NewPCG(1, 2)) // the same arrivals each time: they are what servers are compared by
	start := time.Now()
	counting, end := start.Add(warm), start.Add(warm+d)
	ctx, stop := context.WithDeadline(ctx, end.Add(d))
	defer stop()
	var clients sync.WaitGroup
	for due := start; ; {
		due = due.Add(time.Duration(gaps.ExpFloat64() / rate * float64(time.Second)))
		if due.After(end) || Sleep(ctx, time.Until(due)) != nil {
			break
		}
		l.Lag = max(l.Lag, time.Since(due))
		if due.After(counting) {
			l.Offered++
		}
		clients.Go(func() {
			err := Get(ctx, addr, path, time.Until(due.Add(patience)))
			switch now := time.Now(); {
			case now.Before(counting):
			case ended(ctx):
				l.cutOff(min(now.Sub(due), patience))
			default:
				l.note(min(now.Sub(due), patience), err, now.Before(end))
			}
		})
	}
	clients.Wait()
	return l
}
