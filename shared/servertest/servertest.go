// Package servertest is the suite that every server of this project must pass, whatever its strategy. Each part's
// test runs it in a few lines:
//
//	func TestConformance(t *testing.T) {
//		servertest.Run(t, serve, servertest.Promise{Greeted: 2, Accepted: servertest.All})
//	}
//
//	func TestProgram(t *testing.T) { servertest.RunProgram(t, servertest.Promise{Greeted: 2, Accepted: servertest.All}) }
//
// [Run] tests the strategy in fake time on a network in memory. There a claim such as "no other client was
// greeted" is exact and takes no time: a bubble of [testing/synctest] knows when every goroutine waits for
// something that will not come by itself. [RunProgram] builds the program and tests it over real TCP, with real signals.
//
// [Refuses] tests a strategy that refuses clients instead of letting all of them wait.
//
// Use it for a server of your own: write a [server.Strategy] and say what it promises. While it is unfinished,
// [Judge] stops at the first fault.
package servertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

// A Promise says how many clients a strategy greets at once, and how many it accepts. The others wait: in the
// program if they have been accepted, in the kernel's backlog if not.
type Promise struct {
	Greeted, Accepted int
}

// All, as a number of a [Promise], is no bound.
const All = math.MaxInt

// What the suite sets, as a part's flags would by default.
const (
	idleTimeout = 2 * time.Minute
	drain       = 5 * time.Second
)

// Run tests that a server with this strategy keeps the promise and passes all other cases of the suite, each as a
// subtest. While it runs, [slog.Default] discards everything.
func Run(t *testing.T, strategy server.Strategy, promise Promise) {
	muteLogs(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.try(t, strategic(strategy), promise); err != nil {
				t.Errorf("%v\n\twhy it matters: %s", err, c.why)
			}
		})
	}
}

// strategic is a server with this strategy.
func strategic(strategy server.Strategy) serveFunc {
	return func(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
		s := server.New(strategy, talk)
		s.IdleTimeout, s.Drain = idleTimeout, drain
		return s.Serve(ctx, ln)
	}
}

func muteLogs(t *testing.T) {
	before := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(before) })
}

// A serveFunc is a whole server under test. It carries on talk with the clients of ln until ctx is done, and then
// drains, like [server.Server.Serve]. The suite's own tests pass broken servers.
type serveFunc func(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error)

// A testCase is something that every server must be able to do.
type testCase struct {
	name string
	why  string
	run  func(*world) error
}

// try runs the case in a bubble of its own.
func (c testCase) try(t *testing.T, serve serveFunc, promise Promise) (err error) {
	defer orDeadlock(&err)
	synctest.Test(t, func(*testing.T) {
		w := &world{serve: serve, promise: promise, network: memnet.Listen()}
		err = errors.Join(c.run(w), w.end())
	})
	return err
}

// A world is one server and its clients, in fake time.
type world struct {
	serve   serveFunc
	promise Promise
	network *memnet.Listener
	peers   []*peer

	stop   context.CancelFunc // asks the server to stop
	ended  chan struct{}      // closed when serve has returned; then the next two are set
	forced int
	err    error
}

// start runs the server with the given conversation.
func (w *world) start(talk protocol.Conversation) {
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	w.ended = make(chan struct{})
	go func() {
		defer close(w.ended)
		w.forced, w.err = w.serve(ctx, w.network, talk)
	}()
	synctest.Wait()
}

// end stops the server after its clients have hung up.
func (w *world) end() error {
	for _, p := range w.peers {
		p.Close()
	}
	w.stop()
	select {
	case <-w.ended:
	case <-time.After(time.Hour):
		return errors.New("the server does not stop, though no client is left")
	}
	if w.err != nil {
		return fmt.Errorf("the server ended with an error: %w", w.err)
	}
	return nil
}

// peer is a client's end of a connection, and what the client has received.
type peer struct {
	*memnet.Conn
	mu   sync.Mutex
	got  []byte // greeting included
	n    int    // how many writes of the server that took
	over error  // why nothing more will come; nil while the connection is open
}

// connect connects a client that reads.
func (w *world) connect() *peer {
	p := w.connectMute()
	go p.collect()
	synctest.Wait()
	return p
}

// connectMute connects a client that never reads.
func (w *world) connectMute() *peer {
	p := &peer{Conn: w.network.Dial()}
	w.peers = append(w.peers, p)
	return p
}

// connectMany connects n clients that read.
func (w *world) connectMany(n int) []*peer {
	var peers []*peer
	for range n {
		peers = append(peers, w.connect())
	}
	return peers
}

// send writes text at once and waits until the server has dealt with it.
func (p *peer) send(text string) error {
	p.SetWriteDeadline(time.Now().Add(time.Second)) // a server that does not read must not stop the test
	_, err := p.Write([]byte(text))
	synctest.Wait()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the server does not read what a client sends: %.20q", text)
	}
	return err
}

// collect reads until the connection is over.
func (p *peer) collect() {
	buf := make([]byte, 1<<16)
	for p.ended() == nil {
		n, err := p.Read(buf)
		p.mu.Lock()
		p.got = append(p.got, buf[:n]...)
		if n > 0 {
			p.n++
		}
		p.over = err
		p.mu.Unlock()
	}
}

func (p *peer) greeted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got) > 0
}

// ended returns why nothing more will come, or nil while the connection is open.
func (p *peer) ended() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// reads returns how many writes of the server have arrived.
func (p *peer) reads() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// replies returns what arrived after the greeting.
func (p *peer) replies() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.got[min(1, len(p.got)):])
}

// greeted counts the clients that have been greeted and whose connections are still open.
func greeted(peers []*peer) int {
	n := 0
	for _, p := range peers {
		if p.greeted() && p.ended() == nil {
			n++
		}
	}
	return n
}

// sleep lets d of fake time pass.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
