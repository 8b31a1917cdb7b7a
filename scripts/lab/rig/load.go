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

	"example.com/concurrent-servers/shared/client"
)

// maxAnswer is the size of an answer that Get takes, in bytes.
const maxAnswer = 64 << 10

// A Dial connects a client to a server; see [client.Dial].
type Dial = func(context.Context) (net.Conn, error)

// Get requests path over a connection of its own and returns once the server has closed it. It
// returns an error if the server answers otherwise than with 200, too much, or not within patience.
func Get(ctx context.Context, dial Dial, path string, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	connecting, stop := context.WithDeadline(ctx, deadline)
	defer stop()
	conn, err := dial(connecting)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(deadline)
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path); err != nil {
		return err
	}
	answer, err := io.ReadAll(client.AtMost(conn, maxAnswer))
	if err == nil && !bytes.HasPrefix(answer, []byte("HTTP/1.1 200 ")) {
		err = fmt.Errorf("got %.60q, want 200", answer)
	}
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return nil
}

// A Load is what the clients of one kind got from a server over a time.
type Load struct {
	Offered  int           // requests that began, if they come at a rate
	Asked    int           // requests that ended, one way or another
	Answered int           // requests of Asked that were answered in time
	Over     time.Duration // the time over which requests were counted
	Lag      time.Duration // by how much the latest request began too late: the machine was too busy
	Why      error         // why the first request failed, otherwise than by being late
	Known    int           // Asked, and the requests that ended soon after
	Pending  int           // requests that were cut off

	mu sync.Mutex

	// latency counts all requests, in microseconds: a client that gave up with its patience, and a
	// request that was cut off with its age.
	latency *hdrhistogram.Histogram
}

// The histogram counts from 1 µs to 1 minute, to two digits.
func newLoad(over time.Duration) *Load {
	return &Load{Over: over, latency: hdrhistogram.New(1, 60_000_000, 2)}
}

// note records a request that has ended; counted says whether it ended while the load was on.
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
	case !late(err) && l.Why == nil:
		l.Why = err
	}
}

// cutOff records a request that was still waiting when the load had ended.
func (l *Load) cutOff(age time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.latency.RecordValue(max(age.Microseconds(), 1))
	l.Pending++
}

// Rate returns how many requests were answered in a second.
func (l *Load) Rate() float64 { return float64(l.Answered) / l.Over.Seconds() }

// Quantile returns the time within which a share q of the requests, from 0 to 1, was answered or
// given up. The time is a lower bound if one of the requests that were cut off may decide.
func (l *Load) Quantile(q float64) (d time.Duration, atLeast bool) {
	d = time.Duration(l.latency.ValueAtQuantile(q*100)) * time.Microsecond
	return d, float64(l.Pending) > (1-q)*float64(l.Known+l.Pending)
}

// Press has clients request path again and again for the time d, each as soon as its last request
// has been answered. It counts the answers within d. Then it waits as long again for the requests
// that are still open, to learn how long they take.
func Press(ctx context.Context, dial Dial, path string, clients int, d time.Duration) *Load {
	l := newLoad(d)
	end := time.Now().Add(d)
	ctx, stop := context.WithDeadline(ctx, end.Add(d))
	defer stop()
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for began := time.Now(); began.Before(end); began = time.Now() {
				err := Get(ctx, dial, path, time.Minute)
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

// ended reports whether ctx is done or its deadline has passed. A connection may notice that first.
func ended(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// Arrive has clients come at a rate per second, whether or not the clients before them have been
// answered: an open loop. The gaps between them are distributed exponentially. Each client requests
// path once and leaves when it has lost its patience. Arrive counts what happens in the time d after
// warm. Then no more clients come, and it waits as long again for those that are there, to learn
// how long they take. A client's time runs from when it should have come, so a late start is
// not hidden.
func Arrive(ctx context.Context, dial Dial, path string, rate float64, warm, d, patience time.Duration) *Load {
	l := newLoad(d)
	gaps := rand.New(rand.NewPCG(1, 2)) // the same arrivals for every server that is compared
	start := time.Now()
	counting, end := start.Add(warm), start.Add(warm+d)
	ctx, stop := context.WithDeadline(ctx, end.Add(d))
	defer stop()
	var clients sync.WaitGroup
	for due := start; ; {
		due = due.Add(time.Duration(gaps.ExpFloat64() / rate * float64(time.Second)))
		if due.After(end) || client.Sleep(ctx, time.Until(due)) != nil {
			break
		}
		l.Lag = max(l.Lag, time.Since(due))
		if due.After(counting) {
			l.Offered++
		}
		clients.Go(func() {
			err := Get(ctx, dial, path, time.Until(due.Add(patience)))
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
