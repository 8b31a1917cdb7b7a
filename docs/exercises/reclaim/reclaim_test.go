//go:build exercise

package reclaim

import (
	"context"
	"fmt"
	"log/slog"
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
	"example.com/concurrent-servers/shared/server"
)

const grace = 10 * time.Second

// A client reads all that the server says.
type client struct {
	*memnet.Conn
	admitted, closed atomic.Bool
}

func (c *client) String() string {
	switch {
	case c.closed.Load():
		return "hung up on"
	case c.admitted.Load():
		return "here"
	}
	return "waiting"
}

// bubble runs test in fake time. It is a failure if nothing can go on.
func bubble(t *testing.T, test func(*testing.T)) {
	defer func() { assert.Nil(t, recover(), "the server waits for ever") }()
	synctest.Test(t, test)
}

// A house is a server and its clients.
type house struct {
	ln      *memnet.Listener
	clients []*client
	running sync.WaitGroup
}

func open(t *testing.T, n int, handle func(net.Conn)) *house {
	h := &house{ln: memnet.Listen()}
	var talking atomic.Int64
	h.running.Go(func() {
		err := Serve(n, grace, h.ln, func(conn net.Conn) {
			talking.Add(1)
			defer talking.Add(-1)
			handle(conn)
		})
		assert.ErrorIs(t, err, net.ErrClosed)
		assert.Zero(t, talking.Load(), "Serve has returned, and some clients are still being served")
	})
	return h
}

func (h *house) comes() {
	c := &client{Conn: h.ln.Dial()}
	h.clients = append(h.clients, c)
	h.running.Go(func() {
		buf := make([]byte, 1)
		for !c.closed.Load() {
			if _, err := c.Read(buf); err == nil {
				c.admitted.Store(true)
			} else {
				c.closed.Store(true)
			}
		}
	})
	synctest.Wait()
}

func (h *house) says(i int) {
	h.clients[i].SetWriteDeadline(time.Now().Add(time.Second)) // if nobody reads
	h.clients[i].Write([]byte{'a'})
	h.clients[i].SetWriteDeadline(time.Time{})
}

// is says what has become of the clients, in the order in which they came.
func (h *house) is() string {
	synctest.Wait()
	return fmt.Sprint(h.clients)
}

func (h *house) close() {
	h.ln.Close()
	synctest.Wait()
	for _, c := range h.clients {
		c.Close()
	}
	h.running.Wait()
	time.Sleep(grace) // conversations that Serve has left behind end meanwhile
}

// listen greets and reads until the client is gone.
func listen(conn net.Conn) {
	defer conn.Close()
	conn.Write([]byte{'*'})
	for buf := make([]byte, 1); ; {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// tell says something to its client now and then, and reads nothing.
func tell(conn net.Conn) {
	defer conn.Close()
	for {
		if _, err := conn.Write([]byte{'*'}); err != nil {
			return
		}
		time.Sleep(grace / 2)
	}
}

func TestWhoIsSilentLongestLosesTheSlot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := open(t, 3, listen)
		defer h.close()
		h.comes()
		time.Sleep(time.Second)
		h.comes()
		time.Sleep(2 * grace)
		h.comes()
		assert.Equal(t, "[here here here]", h.is(), "there was a slot for each")
		time.Sleep(time.Second)
		h.says(0)
		time.Sleep(grace)
		assert.Equal(t, "[here here here]", h.is(), "whoever is silent disturbs nobody, as long as nobody else comes")
		h.comes()
		assert.Equal(t, "[here hung up on here here]", h.is(), "the second client has been silent longest")
		h.comes()
		assert.Equal(t, "[here hung up on hung up on here here]", h.is(), "and then the third")
	})
}

func TestTheNewcomerWaitsUntilSomebodyHasBeenSilentForGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := open(t, 2, listen)
		defer h.close()
		h.comes()
		h.comes()
		time.Sleep(grace / 2)
		h.comes()
		assert.Equal(t, "[here here waiting]", h.is(), "nobody has been silent for grace")
		time.Sleep(grace / 4)
		h.says(0)
		time.Sleep(grace/4 - time.Millisecond)
		assert.Equal(t, "[here here waiting]", h.is(), "a millisecond before the second client has been silent for grace")
		time.Sleep(time.Millisecond)
		assert.Equal(t, "[here hung up on here]", h.is(), "the second client has now been silent for grace")
	})
}

func TestWhoIsBusyKeepsTheSlot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := make(chan struct{}, 1)
		first <- struct{}{}
		h := open(t, 2, func(conn net.Conn) {
			select {
			case <-first:
				tell(conn)
			default:
				listen(conn)
			}
		})
		defer h.close()
		h.comes()
		h.comes()
		h.comes()
		for range 10 {
			time.Sleep(grace / 2)
			h.says(1)
		}
		assert.Equal(t, "[here here waiting]", h.is(), "the first is told something, and the second says something, every grace/2")
		h.clients[1].Close()
		assert.Equal(t, "[here hung up on here]", h.is(), "the second has left by itself")
	})
}

func TestTheServerForgetsTheClientsThatLoseTheirSlots(t *testing.T) {
	slog.SetLogLoggerLevel(slog.LevelWarn) // no lines about single clients
	bubble(t, func(t *testing.T) {
		s := server.New(func(ln net.Listener, handle func(net.Conn)) error { return Serve(2, grace, ln, handle) }, protocol.Message)
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		var serving sync.WaitGroup
		serving.Go(func() {
			forced, err := s.Serve(ctx, ln)
			assert.NoError(t, err)
			assert.Zero(t, forced, "conversations that the server had to end by force")
		})
		defer serving.Wait()
		defer stop()
		var clients []*memnet.Conn
		for range 1000 {
			client := ln.Dial()
			client.SetReadDeadline(time.Now().Add(2 * grace))
			_, err := client.Read(make([]byte, 1))
			require.NoError(t, err, "no greeting, although another client has been silent for grace")
			clients = append(clients, client)
		}
		for _, client := range clients {
			client.Close()
		}
		synctest.Wait()
		assert.Equal(t, server.Counters{Accepted: 1000, Served: 2, Failed: 998}, s.Counters(), "the last two were served")
	})
}
