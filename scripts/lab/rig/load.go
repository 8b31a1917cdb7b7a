package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
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

	mu      sync.Mutex
	latency *hdrhistogram.Histogram // of all, in microseconds; those that were late count with their patience
}

// The histogram counts from 1 µs to 1 minute, to two figures.
func newLoad() *Load { return &Load{latency: hdrhistogram.New(1, 60_000_000, 2)} }

// note counts one request.
func (l *Load) note(took time.Duration, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Asked++
	l.latency.RecordValue(max(took.Microseconds(), 1))
	switch {
	case err == nil:
		l.Answered++
	case !errors.Is(err, os.ErrDeadlineExceeded):
		l.Failed++
		if l.Why == nil {
			l.Why = err
		}
	}
}

// Rate is how many requests were answered in a second.
func (l *Load) Rate() float64 { return float64(l.Answered) / l.Over.Seconds() }

// Quantile is the time within which a share q of the requests, from 0 to 1, was answered or given up.
func (l *Load) Quantile(q float64) time.Duration {
	return time.Duration(l.latency.ValueAtQuantile(q*100)) * time.Microsecond
}

// Press has clients ask for path again and again, each as soon as it has been answered, for the time d. It
// counts what was answered within it.
func Press(ctx context.Context, addr, path string, clients int, d time.Duration) *Load {
	l := newLoad()
	l.Over = d
	end := time.Now().Add(d)
	ctx, stop := context.WithDeadline(ctx, end)
	defer stop()
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for {
				began := time.Now()
				err := Get(ctx, addr, path, time.Minute)
				if !time.Now().Before(end) || ctx.Err() != nil {
					return // the end has cut it off
				}
				l.note(time.Since(began), err)
				if err != nil {
					return
				}
			}
		})
	}
	asking.Wait()
	return l
}

// Arrive has clients come at a rate per second, independent of each other and of how they fare, which is an open
// loop: their gaps are distributed exponentially. Each asks for path once and leaves when it has lost patience. What
// happens within warm is not counted, what happens in the time d after it is, and then all is cut off. A client's time
// runs from when it should have come, so that a late start is not hidden.
func Arrive(ctx context.Context, addr, path string, rate float64, warm, d, patience time.Duration) *Load {
	l := newLoad()
	l.Over = d
	gaps := rand.New(rand.NewPCG(1, 2)) // the same arrivals each time: they are what servers are compared by
	start := time.Now()
	end := start.Add(warm + d)
	ctx, stop := context.WithDeadline(ctx, end)
	defer stop()
	var clients sync.WaitGroup
	for due := time.Duration(0); ; {
		due += time.Duration(gaps.ExpFloat64() / rate * float64(time.Second))
		arrived := start.Add(due)
		if Sleep(ctx, time.Until(arrived)) != nil {
			break
		}
		l.Lag = max(l.Lag, time.Since(arrived))
		if due >= warm {
			l.Offered++
		}
		clients.Go(func() {
			err := Get(ctx, addr, path, time.Until(arrived.Add(patience)))
			if now := time.Now(); now.Before(start.Add(warm)) || !now.Before(end) || ctx.Err() != nil {
				return
			}
			l.note(min(time.Since(arrived), patience), err)
		})
	}
	clients.Wait()
	return l
}
