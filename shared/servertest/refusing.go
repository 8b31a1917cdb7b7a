package servertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

// Refuses tests that a strategy serves n clients at once, lets q more wait, and refuses one for each that comes then,
// in each protocol's own words. It may refuse the one that comes or one that waits.
func Refuses(t *testing.T, strategy server.Strategy, n, q int) {
	muteLogs(t)
	for _, name := range protocol.Names() {
		for _, c := range refusalCases {
			t.Run(name+": "+c.name, func(t *testing.T) {
				if err := c.try(t, strategy, name, n, q); err != nil {
					t.Errorf("%v\n\twhy it matters: %s", err, c.why)
				}
			})
		}
	}
}

// A refusalCase is something that every server that refuses must do.
type refusalCase struct {
	name string
	why  string
	run  func(*crowd) error
}

var refusalCases = []refusalCase{
	{"tells a client at once that the server is busy, and hangs up",
		"A client that is told nothing waits until its patience ends, and cannot go elsewhere.",
		tellsAtOnce},
	{"gives the whole refusal to a client that sends at the same time",
		"To close a connection with unread bytes resets it, and the refusal on its way is lost.",
		tellsASender},
	{"makes room when a client leaves",
		"A server that refuses although it has room is worse than one that lets its clients wait.",
		makesRoom},
	{"keeps a refused client for half a second at most",
		"There are many refused clients. What each of them takes must be given back soon, whatever it does.",
		letsGo},
	{"stops at once although refused clients are there",
		"A refused client has nothing to lose that a stop should wait for.",
		stopsRefusing},
}

// A crowd is a world whose server is full: n clients are being served and q wait. They have said nothing yet.
type crowd struct {
	*world
	server *server.Server
	n, q   int
	busy   string // what a refused client must be told
}

// try runs the case in a bubble of its own.
func (c refusalCase) try(t *testing.T, strategy server.Strategy, name string, n, q int) (err error) {
	defer orDeadlock(&err)
	synctest.Test(t, func(*testing.T) {
		var talk protocol.Conversation
		if talk, err = protocol.Open(name, protocol.Options{}); err != nil {
			return
		}
		busy := protocol.Busy(name, protocol.Options{})
		s := server.New(strategy, talk)
		s.Drain, s.Busy = drain, busy
		serve := func(ctx context.Context, ln net.Listener, _ protocol.Conversation) (forced int, err error) {
			return s.Serve(ctx, ln)
		}
		cr := &crowd{&world{serve: serve, network: memnet.Listen()}, s, n, q, string(busy)}
		cr.start(talk)
		cr.connectMany(n + q)
		if err = cr.counts(server.Counters{Serving: int64(n), Waiting: int64(q)}); err == nil {
			err = c.run(cr)
		}
		err = errors.Join(err, cr.end())
	})
	return err
}

// counts checks the server's counters. All clients that have connected must have been accepted.
func (c *crowd) counts(want server.Counters) error {
	synctest.Wait()
	want.Accepted = int64(len(c.peers))
	if got := c.server.Counters(); got != want {
		return fmt.Errorf("after %d clients the counters are %+v, want %+v", len(c.peers), got, want)
	}
	return nil
}

// refused returns the clients that the server has hung up on.
func (c *crowd) refused() []*peer {
	return slices.DeleteFunc(slices.Clone(c.peers), func(p *peer) bool { return p.ended() == nil })
}

// gone counts the clients whose connections the server has closed. It sends nothing.
func (c *crowd) gone() int {
	n := 0
	for _, p := range c.peers {
		p.SetWriteDeadline(time.Now())
		if _, err := p.Write([]byte{'x'}); !errors.Is(err, os.ErrDeadlineExceeded) {
			n++
		}
	}
	return n
}

func tellsAtOnce(c *crowd) error {
	for refused := range 3 {
		c.connect()
		if got := len(c.refused()); got != refused+1 {
			return fmt.Errorf("with %d clients more than the server has room for, it hangs up on %d at once", refused+1, got)
		}
	}
	for _, p := range c.refused() {
		if string(p.got) != c.busy || p.over != io.EOF {
			return fmt.Errorf("a refused client is told %.60q (%v), want %.60q and then the end", p.got, p.over, c.busy)
		}
	}
	return c.counts(server.Counters{Serving: int64(c.n), Waiting: int64(c.q), Refused: 3})
}

func tellsASender(c *crowd) error {
	c.connect()
	sent := make(map[*peer]chan error)
	for _, p := range c.peers[c.n:] {
		done := make(chan error, 1)
		sent[p] = done
		go func() {
			_, err := io.WriteString(p, requestFor("/")+strings.Repeat("x", 100_000))
			p.CloseWrite()
			done <- err
		}()
	}
	synctest.Wait()
	for _, p := range c.refused() {
		if string(p.got) != c.busy || p.over != io.EOF {
			return fmt.Errorf("a refused client is told %.60q (%v), want %.60q and then the end", p.got, p.over, c.busy)
		}
		if err := <-sent[p]; err != nil {
			return fmt.Errorf("the connection was closed while the refused client sent: %w", err)
		}
	}
	return c.counts(server.Counters{Serving: int64(c.n), Waiting: int64(c.q), Refused: 1})
}

func makesRoom(c *crowd) error {
	for left := range 3 {
		c.peers[left].CloseWrite()
		want := server.Counters{Serving: int64(c.n), Waiting: int64(c.q - 1), Served: int64(left + 1)}
		if err := c.counts(want); err != nil {
			return fmt.Errorf("a client has left: %w", err)
		}
		c.connect()
		want.Waiting++
		if err := c.counts(want); err != nil {
			return fmt.Errorf("a client has left and another one has come: %w", err)
		}
	}
	return nil
}

// pressMute connects clients that do not read until some of them are being refused, and returns how many clients are.
func (c *crowd) pressMute() (refused int, err error) {
	refused = c.q + 1 // some of which have waited and do read
	for range refused {
		c.connectMute()
	}
	return refused, c.counts(server.Counters{Serving: int64(c.n), Waiting: int64(c.q), Refused: int64(refused)})
}

func letsGo(c *crowd) error {
	refused, err := c.pressMute()
	if err != nil {
		return err
	}
	sleep(250 * time.Millisecond)
	for i, p := range c.peers[c.n+c.q:] {
		if i%2 == 0 {
			go p.collect() // it reads late and does not hang up; the others never read
		}
	}
	sleep(250*time.Millisecond - time.Nanosecond)
	if gone := c.gone(); gone != 0 {
		return fmt.Errorf("%d refused clients had less than half a second to read and hang up", gone)
	}
	sleep(time.Nanosecond)
	if gone := c.gone(); gone != refused {
		return fmt.Errorf("half a second after the server refused %d clients it has closed %d connections", refused, gone)
	}
	return nil
}

func stopsRefusing(c *crowd) error {
	if _, err := c.pressMute(); err != nil {
		return err
	}
	began := time.Now()
	c.stop()
	synctest.Wait()
	if want, gone := len(c.peers)-c.n, c.gone(); gone != want {
		return fmt.Errorf("at its stop the server closes %d of %d clients that wait or are being refused", gone, want)
	}
	for _, p := range c.peers {
		p.Close()
	}
	<-c.ended
	if took := time.Since(began); took != 0 {
		return fmt.Errorf("the server took %v to stop with refused clients there, want 0s", took)
	}
	return nil
}
