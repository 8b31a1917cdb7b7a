package servertest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bounded is a right strategy with n slots, to be broken below.
func bounded(n int) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error {
		var clients sync.WaitGroup
		defer clients.Wait()
		slots := make(chan struct{}, n)
		for {
			slots <- struct{}{}
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			clients.Go(func() {
				defer func() { <-slots }()
				handle(conn)
			})
		}
	}
}

// broken is a right server but for one change.
func broken(change func(*server.Server)) serveFunc {
	return func(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
		s := server.Server{Strategy: bounded(2), Conversation: talk, IdleTimeout: idleTimeout, Drain: drain}
		change(&s)
		return s.Serve(ctx, ln)
	}
}

func TestTheSuiteAcceptsARightServer(t *testing.T) {
	Run(t, bounded(2), Promise{Greeted: 2, Accepted: 2})
}

func TestTheSuiteRejectsBrokenServers(t *testing.T) {
	muteLogs(t)
	noticed := make(map[string]bool)
	for _, test := range []struct {
		fault string
		serve serveFunc
		by    string // the case that must notice
	}{
		{"admits one more than it promises",
			broken(func(s *server.Server) { s.Strategy = bounded(3) }),
			"greets and accepts as many at once as it promises"},
		{"admits one fewer than it promises",
			broken(func(s *server.Server) { s.Strategy = bounded(1) }),
			"greets and accepts as many at once as it promises"},
		{"accepts clients that it does not serve",
			broken(func(s *server.Server) { s.Strategy = acceptsAll }),
			"greets and accepts as many at once as it promises"},
		{"never closes a connection",
			neverCloses,
			"answers all that it owes after a half-close, then closes"},
		{"ends when a client resets its connection",
			diesOnReset,
			"gives a slot back when its client resets the connection"},
		{"answers byte by byte",
			broken(func(s *server.Server) { s.Conversation = byteByByte }),
			"answers a read with one write"},
		{"forgets between two reads that a message is open",
			broken(func(s *server.Server) { s.Conversation = forgetful }),
			"answers the same however the bytes are split"},
		{"takes the last byte value for an error",
			broken(func(s *server.Server) { s.Conversation = fearsLastByte }),
			"answers every message with what the protocol owes"},
		{"shares one decoder among all clients",
			broken(func(s *server.Server) { s.Conversation = sharesState() }),
			"starts each client outside a message"},
		{"drops what it owes when a client closes its side",
			broken(func(s *server.Server) { s.Conversation = dropsAtEnd }),
			"answers all that it owes after a half-close, then closes"},
		{"has no idle timeout",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"closes a silent client at the idle timeout, and not before"},
		{"closes silent clients too early",
			broken(func(s *server.Server) { s.IdleTimeout = idleTimeout / 2 }),
			"closes a silent client at the idle timeout, and not before"},
		{"has no drain",
			broken(func(s *server.Server) { s.Drain = 0 }),
			"lets an open conversation end within the drain"},
		{"drains longer than it may",
			broken(func(s *server.Server) { s.Drain = 2 * drain }),
			"closes by force what has not ended after the drain, and counts it"},
		{"loses a slot to a conversation that ends its goroutine",
			broken(func(s *server.Server) { s.Strategy = losesSlots }),
			"loses nothing but one connection to runtime.Goexit"},
		{"ends when Accept fails",
			bare(nil),
			"goes on accepting after every error but the listener's end"},
		{"tries to accept again without a pause",
			bare(func() {}),
			"tries to accept again at growing distances"},
		{"dies of a panic in a conversation",
			bare(func() {}),
			"loses nothing but one connection to a panic"},
		{"is sure of all streams but some",
			broken(func(s *server.Server) { s.Conversation = forgetful }),
			"answers any stream as the definition says"},
		{"gives a slot back late",
			broken(func(s *server.Server) { s.Strategy = late }),
			"greets the next client when one leaves"},
		{"forgets a client",
			broken(func(s *server.Server) { s.Strategy = forgetsTheTenth }),
			"serves everybody in the end"},
		{"lets silent clients stay",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"serves a good client although others sit there in silence"},
		{"waits for ever in a write",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"closes clients that never read"},
		{"takes the whole drain each time",
			drainsAlways,
			"stops at once when nobody is there"},
		{"serves its queue to the end when it is stopped",
			servesTheQueue,
			"closes accepted clients without a greeting when it stops"},
		{"sleeps on when it is stopped",
			bare(func() { time.Sleep(time.Minute) }),
			"stops at once while accepting backs off"},
		{"serves one request more at once than it promises",
			broken(func(s *server.Server) { s.Strategy = bounded(3) }),
			"serves as many requests over HTTP at once as it promises"},
		{"says nothing to what is no request",
			broken(func(s *server.Server) { s.Conversation = curt }),
			"answers a request over HTTP however bad it is, and hangs up"},
		{"keeps spare connections for ever",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"lets go of clients that say nothing over HTTP"},
		{"closes while the client still sends",
			bare(nil),
			"delivers the response although the client goes on sending"},
		{"hangs up at once, or never",
			bare(nil),
			"gives a client that was answered half a second to hang up, and no more"},
		{"has a tally for each client",
			broken(func(s *server.Server) { s.Conversation = ownTally }),
			"answers questions about words, and all clients share one tally"},
	} {
		noticed[test.by] = true
		t.Run(test.fault, func(t *testing.T) {
			i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == test.by })
			require.NotEqual(t, -1, i, "no case is called %q", test.by)
			assert.Error(t, cases[i].try(t, test.serve, Promise{Greeted: 2, Accepted: 2}))
		})
	}
	for _, c := range cases {
		assert.True(t, noticed[c.name], "no broken server shows that this case can fail: %s", c.name)
	}
}

// acceptsAll accepts everybody and serves two.
func acceptsAll(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, 2)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			handle(conn)
		})
	}
}

// losesSlots gives its slot back only if handle returns.
func losesSlots(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	slots := make(chan struct{}, 2)
	stopped := make(chan struct{})
	accept := func() error {
		defer close(stopped)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			clients.Go(func() {
				select {
				case slots <- struct{}{}:
				case <-stopped: // or the test would wait for ever
				}
				handle(conn)
				<-slots
			})
		}
	}
	err := accept()
	clients.Wait()
	return err
}

// neverCloses hides the connections from the server's Close.
func neverCloses(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	return broken(func(*server.Server) {})(ctx, openListener{ln}, talk)
}

type openListener struct{ net.Listener }

func (l openListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return openConn{conn}, nil
}

type openConn struct{ net.Conn }

func (openConn) Close() error { return nil }

// diesOnReset stops the whole server when a conversation ends with a reset.
func diesOnReset(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	ctx, die := context.WithCancel(ctx)
	defer die()
	return broken(func(s *server.Server) {
		s.Conversation = func(rw io.ReadWriter) error {
			err := talk(rw)
			if errors.Is(err, syscall.ECONNRESET) {
				die()
			}
			return err
		}
	})(ctx, ln, talk)
}

func byteByByte(rw io.ReadWriter) error { return protocol.Message(bytewise{rw}) }

type bytewise struct{ io.ReadWriter }

func (b bytewise) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := b.ReadWriter.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// converse is the message protocol with the reply to each read made by reply, and its error ending it.
func converse(rw io.ReadWriter, reply func([]byte) ([]byte, error)) error {
	buf := make([]byte, 1024)
	buf[0] = protocol.Greeting
	if _, err := rw.Write(buf[:1]); err != nil {
		return err
	}
	for {
		n, err := rw.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := reply(buf[:n])
		if err != nil {
			return err
		}
		if len(answer) > 0 {
			if _, err := rw.Write(answer); err != nil {
				return err
			}
		}
	}
}

func forgetful(rw io.ReadWriter) error {
	return converse(rw, func(p []byte) ([]byte, error) {
		var d protocol.Decoder
		return d.Reply(p), nil
	})
}

func fearsLastByte(rw io.ReadWriter) error {
	var d protocol.Decoder
	return converse(rw, func(p []byte) ([]byte, error) {
		for _, b := range p {
			if b == 255 {
				return nil, errors.New("byte must be in range(0, 256)")
			}
		}
		return d.Reply(p), nil
	})
}

func sharesState() protocol.Conversation {
	var mu sync.Mutex
	var d protocol.Decoder
	return func(rw io.ReadWriter) error {
		return converse(rw, func(p []byte) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			return d.Reply(p), nil
		})
	}
}

// dropsAtEnd answers a read only when the next one has come.
func dropsAtEnd(rw io.ReadWriter) error {
	var d protocol.Decoder
	var held []byte
	return converse(rw, func(p []byte) ([]byte, error) {
		now := held
		held = append([]byte(nil), d.Reply(p)...)
		return now, nil
	})
}

// curt answers good requests only.
func curt(rw io.ReadWriter) error {
	if _, err := http.ReadRequest(bufio.NewReader(rw)); err != nil {
		return err
	}
	_, err := io.WriteString(rw, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	return err
}

func ownTally(rw io.ReadWriter) error {
	words, err := protocol.LoadTable("")
	if err != nil {
		return err
	}
	return words.Converse(rw)
}

// late gives its slot back a second after the client has left.
func late(ln net.Listener, handle func(net.Conn)) error {
	return bounded(2)(ln, func(conn net.Conn) {
		handle(conn)
		time.Sleep(time.Second)
	})
}

// forgetsTheTenth never serves the tenth client.
func forgetsTheTenth(ln net.Listener, handle func(net.Conn)) error {
	var n atomic.Int64
	return bounded(2)(ln, func(conn net.Conn) {
		if n.Add(1) != 10 {
			handle(conn)
		}
	})
}

func drainsAlways(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	forced, err = broken(func(*server.Server) {})(ctx, ln, talk)
	time.Sleep(drain)
	return forced, err
}

func servesTheQueue(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	acceptsAll(ln, func(conn net.Conn) {
		defer conn.Close()
		talk(conn)
	})
	return 0, nil
}

// bare serves without package server and so has nothing of what is in there. After an error of Accept it calls
// pause and tries again, or ends if that is nil; a conversation that panics ends it.
func bare(pause func()) serveFunc {
	return func(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
		defer context.AfterFunc(ctx, func() { ln.Close() })()
		var clients sync.WaitGroup
		defer clients.Wait()
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) || err != nil && pause == nil {
				ln.Close()
				return 0, nil
			}
			if err != nil {
				pause()
				continue
			}
			clients.Go(func() {
				defer conn.Close()
				defer func() {
					if recover() != nil { // as the end of the process would
						ln.Close()
					}
				}()
				talk(conn)
			})
		}
	}
}
