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

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

const (
	grace = 10 * time.Second

	stuck = "Clients wait for ever: Serve neither accepts nor returns."
)

// A client reads all that the server sends.
type client struct {
	*memnet.Conn
	served, closed atomic.Bool
}

func (c *client) String() string {
	switch {
	case c.closed.Load():
		return "hung up on"
	case c.served.Load():
		return "served"
	}
	return "waiting"
}

// A house is a server and its clients.
type house struct {
	ln      *memnet.Listener
	clients []*client
	running sync.WaitGroup
	left    int64 // how many clients were being served when Serve returned
}

func open(n int, handle func(net.Conn)) *house {
	h := &house{ln: memnet.Listen()}
	var serving atomic.Int64
	h.running.Go(func() {
		Serve(n, grace, h.ln, func(conn net.Conn) {
			serving.Add(1)
			defer serving.Add(-1)
			handle(conn)
		})
		h.left = serving.Load()
	})
	return h
}

func (h *house) dial() {
	c := &client{Conn: h.ln.Dial()}
	h.clients = append(h.clients, c)
	h.running.Go(func() {
		buf := make([]byte, 1)
		for !c.closed.Load() {
			if _, err := c.Read(buf); err == nil {
				c.served.Store(true)
			} else {
				c.closed.Store(true)
			}
		}
	})
	synctest.Wait()
}

func (h *house) send(i int) {
	h.clients[i].SetWriteDeadline(time.Now().Add(time.Second)) // if the server does not read
	h.clients[i].Write([]byte{'a'})
	h.clients[i].SetWriteDeadline(time.Time{})
}

// want checks what has become of the clients, in the order in which they came.
func (h *house) want(t *testing.T, want, why string) {
	t.Helper()
	synctest.Wait()
	if got := fmt.Sprint(h.clients); got != want {
		t.Fatalf("%s. The clients are now: %s. They should be: %s. (Grace is %v.)", why, got, want, grace)
	}
}

func (h *house) close() {
	h.ln.Close()
	synctest.Wait()
	for _, c := range h.clients {
		c.Close()
	}
	h.running.Wait()
	time.Sleep(grace) // goroutines that Serve has left behind end
}

// listen greets and reads until the client has hung up.
func listen(conn net.Conn) {
	defer conn.Close()
	conn.Write([]byte{'*'})
	for buf := make([]byte, 1); ; {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// tell writes a byte every grace/2 and reads nothing.
func tell(conn net.Conn) {
	defer conn.Close()
	for {
		if _, err := conn.Write([]byte{'*'}); err != nil {
			return
		}
		time.Sleep(grace / 2)
	}
}

func TestLongestSilentLosesItsSlot(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		h := open(3, listen)
		defer h.close()
		h.dial()
		time.Sleep(time.Second)
		h.dial()
		time.Sleep(2 * grace)
		h.dial()
		h.want(t, "[served served served]", "Three clients have come, and there are three slots")
		time.Sleep(time.Second)
		h.send(0)
		time.Sleep(grace)
		h.want(t, "[served served served]", "All are silent, and no other client has come")
		h.dial()
		h.want(t, "[served hung up on served served]", "A fourth client comes, and the second has been silent longest")
		h.dial()
		h.want(t, "[served hung up on hung up on served served]", "A fifth client comes, and the third has been silent longest")
	})
}

func TestNewcomerWaitsForGrace(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		h := open(2, listen)
		defer h.close()
		h.dial()
		h.dial()
		time.Sleep(grace / 2)
		h.dial()
		h.want(t, "[served served waiting]", "A third client comes to two slots, and both clients have been silent for 5s")
		time.Sleep(grace / 4)
		h.send(0)
		time.Sleep(grace/4 - time.Millisecond)
		h.want(t, "[served served waiting]", "A third client waits, and the second has been silent for a millisecond less than grace")
		time.Sleep(time.Millisecond)
		h.want(t, "[served hung up on served]", "A third client waits, and the second has been silent for grace")
	})
}

func TestBusyClientsKeepTheirSlots(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		first := make(chan struct{}, 1)
		first <- struct{}{}
		h := open(2, func(conn net.Conn) {
			select {
			case <-first:
				tell(conn)
			default:
				listen(conn)
			}
		})
		defer h.close()
		h.dial()
		h.dial()
		h.dial()
		for range 10 {
			time.Sleep(grace / 2)
			h.send(1)
		}
		h.want(t, "[served served waiting]", "Every 5s the server writes to the first client, and the second sends a byte")
		h.clients[1].Close()
		h.want(t, "[served hung up on served]", "A third client waits, and the second has left")
	})
}

func TestClientIsNotSilentWhileItsRequestIsNew(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		h := open(1, func(conn net.Conn) {
			defer conn.Close()
			conn.Write([]byte{'*'})
			conn.Read(make([]byte, 1))
			time.Sleep(grace) // to compute the reply
		})
		defer h.close()
		h.dial()
		time.Sleep(grace - time.Second)
		h.send(0)
		time.Sleep(2 * time.Second)
		h.dial()
		h.want(t, "[served waiting]", "A second client comes to one slot, and the first has sent a request two seconds ago")
	})
}

func TestServeWaitsForItsClients(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		h := open(2, listen)
		h.dial()
		h.dial()
		h.close()
		if h.left > 0 {
			t.Fatalf("The listener was closed, and Serve returned while %d clients were being served. "+
				"A program that ends now cuts them off.", h.left)
		}
	})
}

func TestServerCountsClientsThatLoseTheirSlots(t *testing.T) {
	slog.SetLogLoggerLevel(slog.LevelWarn) // no lines about single clients
	bubble.Run(t, stuck, func(t *testing.T) {
		s := server.New(func(ln net.Listener, handle func(net.Conn)) error { return Serve(2, grace, ln, handle) }, protocol.Message)
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		var serving sync.WaitGroup
		serving.Go(func() { s.Serve(ctx, ln) })
		defer serving.Wait()
		defer stop()
		var clients []*memnet.Conn
		for i := range 1000 {
			client := ln.Dial()
			client.SetReadDeadline(time.Now().Add(2 * grace))
			if _, err := client.Read(make([]byte, 1)); err != nil {
				t.Fatalf("Client number %d comes to two slots and is not greeted within 20s. All others are silent, "+
					"so one of them should lose its slot after %v.", i+1, grace)
			}
			clients = append(clients, client)
		}
		for _, client := range clients {
			client.Close()
		}
		synctest.Wait()
		if want := (server.Counters{Accepted: 1000, Served: 2, Failed: 998}); s.Counters() != want {
			t.Fatalf("998 of 1000 clients have lost their slots, and the last two have left. The server counts %+v. "+
				"It should count %+v.", s.Counters(), want)
		}
	})
}
