// Package client is the client of every server in this repository. It carries on a scripted conversation, checks
// every byte that comes back against what the protocol owes, and reports what happened as a lane of a chart. The
// client command, the tests and the lab share it, so a picture and a test cannot mean different things.
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

// A Run is a number of clients that talk to one server at the same time. Dial, Clients and Log must be set.
type Run struct {
	Dial     func(context.Context) (net.Conn, error) // connects one client; its connection has a CloseWrite
	Clients  int
	Protocol string        // a name that package protocol knows; "" for message
	Pause    time.Duration // after each message of a client; see [Length]
	Stagger  time.Duration // between the arrivals of two clients
	Retry    *Retry        // for clients that were refused or could not connect; nil for never again
	Log      *slog.Logger  // gets a line for each event, with the client's number as "lane"

	// Accepted returns when the server accepted the connection of the client with this address, or the
	// zero time if that is not known. Do calls it for one client after the other when all are done. It
	// may be nil: a client alone cannot know.
	Accepted func(client net.Addr) time.Time

	Paths []string // http: what the clients request, in turn; [DefaultPaths] if empty
	Words []string // words: what each client asks for, one after the other; [DefaultWords] if empty
}

// What clients request and ask for by default.
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

// inTurn is how long Do waits for a client to connect before it starts the next one. Over loopback a client
// connects much faster. At a full backlog it does not, and must not keep the others from arriving.
const inTurn = 10 * time.Millisecond

// Do runs all clients to their ends and returns their lanes. The clients arrive at the same time, but in the order
// of their numbers, so the same server gives the same picture each time. When ctx is done, the clients that are
// still there fail. All connections are closed when Do returns.
func (r Run) Do(ctx context.Context) timeline.Chart {
	if len(r.Paths) == 0 {
		r.Paths = DefaultPaths
	}
	if len(r.Words) == 0 {
		r.Words = DefaultWords
	}
	start, patience := time.Now(), r.patience()
	talks := make([]*talk, r.Clients)
	var clients sync.WaitGroup
	for i := range talks {
		if i > 0 {
			Sleep(ctx, r.Stagger) // clients that come after an interrupt say so in their lanes
		}
		dialled := make(chan struct{})
		first := sync.OnceFunc(func() { close(dialled) }) // there may be retries
		t := &talk{
			log: r.Log.With("lane", i), pause: r.Pause, patience: patience, retry: r.Retry,
			start: start, lane: timeline.Lane{Name: "conn" + strconv.Itoa(i)},
		}
		talks[i] = t
		clients.Go(func() {
			t.run(ctx, func(ctx context.Context) (net.Conn, error) {
				defer first()
				return r.Dial(ctx)
			}, r.conversation(i))
		})
		select {
		case <-dialled:
		case <-time.After(inTurn):
		}
	}
	clients.Wait()
	lanes := make([]timeline.Lane, r.Clients)
	for i, t := range talks {
		lanes[i] = r.laneOf(t)
	}
	return timeline.Chart{Lanes: lanes}
}

// laneOf returns the lane of a conversation that is over, with the moment of its acceptance if that is known.
func (r Run) laneOf(t *talk) timeline.Lane {
	if r.Accepted == nil || t.conn == nil {
		return t.lane
	}
	if at := r.Accepted(t.conn.LocalAddr()); !at.IsZero() {
		t.lane.Accept(at.Sub(t.start))
	}
	return t.lane
}

// conversation returns what client i says.
func (r Run) conversation(i int) func(context.Context, *talk) error {
	switch r.Protocol {
	case "http":
		return get(r.path(i))
	case "words":
		return ask(r.Words)
	}
	return message
}

func (r Run) path(i int) string { return r.Paths[i%len(r.Paths)] }

// patience returns how long a client waits to be served: twice as long as a server needs that serves all clients
// one after the other, and 10 s for a machine that is busy.
func (r Run) patience() time.Duration {
	var all time.Duration
	for i := range r.Clients {
		switch r.Protocol {
		case "http":
			all += workOf(r.path(i))
		case "words":
			all += time.Duration(len(r.Words)) * r.Pause
		default:
			all += Length(r.Pause)
		}
	}
	return 10*time.Second + 2*all
}
