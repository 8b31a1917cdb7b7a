//go:build exercise

package reclaim

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/shared/memnet"
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

// A house is a server and its clients.
type house struct {
	ln      *memnet.Listener
	clients []*client
	running sync.WaitGroup
}

func open(t *testing.T, n int, handle func(net.Conn)) *house {
	h := &house{ln: memnet.Listen()}
	h.running.Go(func() { assert.ErrorIs(t, Serve(n, grace, h.ln, handle), net.ErrClosed) })
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
	for _, c := range h.clients {
		c.Close()
	}
	h.running.Wait()
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
