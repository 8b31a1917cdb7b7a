// Package client is the client of all servers: it carries on a scripted conversation, checks every byte that
// comes back against what the protocol owes, and reports what happened to it as a lane of a chart. The client
// command, the tests and the lab share it, so a picture and a test cannot mean different things.
package client

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/timeline"
)

// A Run is a number of clients that talk to one server at once. Dial, Clients and Log must be set.
type Run struct {
	Dial     func(context.Context) (net.Conn, error) // see [Dial]
	Clients  int
	Protocol string        // as package protocol names them; "" for message
	Pause    time.Duration // between two messages of a client
	Stagger  time.Duration // between the arrivals of two clients
	Log      *slog.Logger  // gets a line for each event, with the client's number as "lane"

	// Follow, unless nil, gets lane i as far as it is known at each of its stages: a client's arrival, its admission
	// if it comes to that, and its end. Clients call it from goroutines of their own.
	Follow func(i int, stage Stage, lane timeline.Lane)

	Paths []string // http: what the clients request, in turn; [DefaultPaths] if empty
	Words []string // words: what each client asks for, one after the other; [DefaultWords] if empty
}

// A Stage is what has just become known about a client.
type Stage string

// The stages of a client's life. Over HTTP the admission becomes known only with the response.
const (
	Arrived  Stage = "arrived"
	Admitted Stage = "admitted"
	Done     Stage = "done"
)

// What clients request and ask for unless told otherwise.
var (
	DefaultPaths = []string{"/sleep?d=1s", "/"}
	DefaultWords = []string{"light", "the", "rainbow"}
)

// Dial returns a function that connects to addr over TCP.
func Dial(addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", addr)
	}
}

// inTurn is how long a client waits for the one before it to connect. Over loopback that takes a fraction of
// it; a longer wait, at a full backlog, must not keep the others from arriving.
const inTurn = 10 * time.Millisecond

// Do runs all clients to their ends and returns their lanes. They arrive at once, but in the order of their
// numbers, so that the same server gives the same picture each time. When ctx is done, the clients that are
// still there fail. Do returns once every connection is closed.
func (r Run) Do(ctx context.Context) timeline.Chart {
	start := time.Now()
	lanes := make([]timeline.Lane, r.Clients)
	var clients sync.WaitGroup
	for i := range lanes {
		if i > 0 {
			pause(ctx, r.Stagger)
		}
		dialled := make(chan struct{})
		clients.Go(func() { lanes[i] = r.client(ctx, i, start, dialled) })
		select {
		case <-dialled:
		case <-time.After(inTurn):
		}
	}
	clients.Wait()
	return timeline.Chart{Lanes: lanes}
}

// client is one client's life. It closes dialled once it is connected, or cannot be.
func (r Run) client(ctx context.Context, i int, start time.Time, dialled chan<- struct{}) timeline.Lane {
	t := &talk{log: r.Log.With("lane", i), pause: r.Pause, patience: r.patience()}
	lane := timeline.Lane{Name: "conn" + strconv.Itoa(i)}
	follow := func(stage Stage) {
		if r.Follow != nil {
			r.Follow(i, stage, lane)
		}
	}
	t.onArrival = func() {
		lane.Arrived = t.arrived.Sub(start)
		follow(Arrived)
	}
	t.onAdmission = func() {
		lane.Waited = t.admitted.Sub(t.arrived)
		follow(Admitted)
	}
	err := t.run(ctx, func(ctx context.Context) (net.Conn, error) {
		defer close(dialled)
		return r.Dial(ctx)
	}, r.conversation(i))
	lane.Waited = t.admitted.Sub(t.arrived) // of a client that never was admitted, too
	lane.Served = t.done.Sub(t.admitted)
	if err != nil {
		lane.Failure = err.Error()
		if t.conn != nil { // without a connection nothing of it has been logged
			t.log.Info("failed: " + lane.Failure)
		}
	}
	follow(Done)
	return lane
}

// conversation is what client i says.
func (r Run) conversation(i int) func(context.Context, *talk) error {
	switch r.Protocol {
	case "http":
		return get(r.path(i))
	case "words":
		return ask(r.words())
	}
	return message
}

func (r Run) path(i int) string {
	if len(r.Paths) == 0 {
		return DefaultPaths[i%len(DefaultPaths)]
	}
	return r.Paths[i%len(r.Paths)]
}

func (r Run) words() []string {
	if len(r.Words) == 0 {
		return DefaultWords
	}
	return r.Words
}

// patience is how long a client waits to be served: twice what the slowest honest server needs to serve all of
// them one after the other, and something for a machine that is busy.
func (r Run) patience() time.Duration {
	var all time.Duration
	for i := range r.Clients {
		switch r.Protocol {
		case "http":
			all += workOf(r.path(i))
		case "words":
			all += time.Duration(len(r.words())) * r.Pause
		default:
			all += 2*r.Pause + r.Pause/5
		}
	}
	return 10*time.Second + 2*all
}

// pause waits for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
