package server

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
)

func TestCountersFollowAClientFromAcceptanceToTheEnd(t *testing.T) {
	s := New(nil, nil)
	accept := func() *conn {
		a, _ := net.Pipe()
		return s.clients.add(a)
	}
	served, failed, refused := accept(), accept(), accept()
	assert.Equal(t, Counters{Accepted: 3, Waiting: 3}, s.Counters())
	require.True(t, s.clients.begin(served))
	require.True(t, s.clients.begin(failed))
	assert.False(t, s.clients.begin(failed), "its conversation has begun already")
	assert.Equal(t, Counters{Accepted: 3, Waiting: 1, Serving: 2}, s.Counters())
	s.clients.conversationEnded(served, false)
	s.clients.conversationEnded(failed, true)
	assert.Equal(t, Counters{Accepted: 3, Waiting: 1, Serving: 2}, s.Counters(), "their connections are open")
	for _, c := range []*conn{served, failed, refused} {
		c.Close()
		c.Close() // once more changes nothing
	}
	assert.Equal(t, Counters{Accepted: 3, Served: 1, Failed: 1, Refused: 1}, s.Counters())
	assert.Empty(t, s.clients.open)
	assert.Equal(t, 3, s.vars(time.Now()).Peak)
	accept().Close()
	assert.Equal(t, 3, s.vars(time.Now()).Peak, "the largest number, not the last")
	assert.False(t, s.clients.begin(refused), "its connection is closed")
	late := accept()
	s.clients.stopping = true
	assert.False(t, s.clients.begin(late), "the server stops, and is about to close the connection")
}

func TestTimesAreThoseOfAllClientsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		accept := func() *conn {
			a, _ := net.Pipe()
			return s.clients.add(a)
		}
		served, refused := accept(), accept()
		time.Sleep(2 * time.Second)
		s.clients.begin(served)
		assert.Equal(t, Times{Waited: 2}, s.vars(time.Now()).Times, "the other has not begun")
		time.Sleep(3 * time.Second)
		served.Close()
		time.Sleep(time.Second)
		served.Close() // once more changes nothing
		refused.Close()
		assert.Equal(t, Times{Waited: 2, Stayed: 5 + 6}, s.vars(time.Now()).Times)
	})
}

// A refused client counts as gone at once, and so does its time, though its connection stays open for a while.
func TestTheTimeOfARefusedClientEndsWithItsRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		s.clients.busy = []byte("busy")
		_, c := accepted(s)
		time.Sleep(2 * time.Second)
		Refuse(c)
		assert.Equal(t, Times{Stayed: 2}, s.vars(time.Now()).Times)
		time.Sleep(lingerTime)
		assert.Zero(t, open(s))
		assert.Equal(t, Times{Stayed: 2}, s.vars(time.Now()).Times, "the close counts nothing again")
	})
}

func TestAConversationWhoseConnectionIsClosedUnderItHasFailed(t *testing.T) {
	s := New(nil, nil)
	a, _ := net.Pipe()
	c := s.clients.add(a)
	s.clients.begin(c)
	c.Close()
	s.clients.conversationEnded(c, false)
	assert.Equal(t, Counters{Accepted: 1, Failed: 1}, s.Counters())
}

func TestAClientThatWaitsWhenTheServerStopsIsLetGoWithoutAGreeting(t *testing.T) {
	s := New(nil, func(io.ReadWriter) error { t.Error("served after the stop"); return nil })
	client, server := net.Pipe()
	c := s.clients.add(server)
	assert.Zero(t, s.clients.stop())
	s.handle(c) // as a worker does that takes it from a queue
	_, err := client.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
	assert.Zero(t, s.clients.closeAll(), "it does not count as closed by force")
	assert.Equal(t, Counters{Accepted: 1, Refused: 1}, s.Counters())
}

// serve runs a server with the strategy in a bubble and hands its listener to use. Afterwards nothing of the
// clients may be left.
func serve(t *testing.T, strategy Strategy, use func(*Server, *memnet.Listener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(strategy, protocol.Message)
		s.Drain = time.Second
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			forced, err := s.Serve(ctx, ln)
			assert.NoError(t, err)
			assert.Zero(t, forced)
		}()
		use(s, ln)
		stop()
		<-ended
		assert.Empty(t, s.clients.open)
		assert.Zero(t, s.Counters().Waiting)
		assert.Zero(t, s.Counters().Serving)
	})
}

func TestAStrategyMayRefuseByClosing(t *testing.T) {
	refuses := func(ln net.Listener, _ func(net.Conn)) error {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			conn.Close()
		}
	}
	serve(t, refuses, func(s *Server, ln *memnet.Listener) {
		for range 1000 {
			_, err := ln.Dial().Read(make([]byte, 1))
			require.ErrorIs(t, err, io.EOF)
		}
		synctest.Wait()
		assert.Equal(t, Counters{Accepted: 1000, Refused: 1000}, s.Counters())
		assert.Empty(t, s.clients.open)
	})
}

// limited is what netutil.LimitListener does: it wraps the listener, and its connections give a slot back when
// they are closed.
type limited struct {
	net.Listener
	slots chan struct{}
	reads atomic.Int64 // through the wrappers
}

func (l *limited) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &slotted{Conn: conn, reads: &l.reads, release: sync.OnceFunc(func() { <-l.slots })}, nil
}

type slotted struct {
	net.Conn
	reads   *atomic.Int64
	release func()
}

func (c *slotted) Read(p []byte) (int, error) {
	c.reads.Add(1)
	return c.Conn.Read(p)
}

func (c *slotted) Close() error {
	defer c.release()
	return c.Conn.Close()
}

func TestAStrategyMayWrapItsConnections(t *testing.T) {
	var wrapper *limited // made in the bubble, or a wait for a slot would not count as one
	threaded := func(ln net.Listener, handle func(net.Conn)) error {
		var clients sync.WaitGroup
		defer clients.Wait()
		wrapper = &limited{Listener: ln, slots: make(chan struct{}, 2)}
		for {
			conn, err := wrapper.Accept()
			if err != nil {
				return err
			}
			clients.Go(func() { handle(conn) })
		}
	}
	serve(t, threaded, func(s *Server, ln *memnet.Listener) {
		for range 10 {
			var clients []*memnet.Conn
			for range 2 {
				client := ln.Dial()
				io.ReadFull(client, make([]byte, 1))
				clients = append(clients, client)
			}
			third := ln.Dial()
			synctest.Wait()
			assert.EqualValues(t, 2, s.Counters().Serving, "a slot was lost, or there is one too many")
			clients = append(clients, third)
			for i, client := range clients {
				if i == 2 {
					io.ReadFull(client, make([]byte, 1))
				}
				go io.WriteString(client, "^ab$")
				reply := make([]byte, 2)
				_, err := io.ReadFull(client, reply)
				assert.NoError(t, err)
				assert.Equal(t, "bc", string(reply))
				client.CloseWrite()
				_, err = client.Read(reply)
				assert.ErrorIs(t, err, io.EOF)
				client.Close()
			}
			synctest.Wait()
		}
		assert.Equal(t, Counters{Accepted: 30, Served: 30}, s.Counters())
		assert.EqualValues(t, 60, wrapper.reads.Load(), "the conversations do not read through the wrapper")
	})
}

func TestAWrapperIsClosedAlthoughItsClientIsNotServed(t *testing.T) {
	s := New(nil, protocol.Message)
	a, _ := net.Pipe()
	released := false
	wrapper := &slotted{Conn: s.clients.add(a), release: func() { released = true }}
	s.clients.stop()
	s.handle(wrapper)
	assert.True(t, released)
}

func TestAConnectionFromElsewhereIsAMistake(t *testing.T) {
	a, _ := net.Pipe()
	assert.PanicsWithValue(t, "server: a strategy passed on *net.pipe: want a connection that Accept returned",
		func() { New(nil, nil).handle(a) })
	assert.Panics(t, func() { Refuse(a) })
}
