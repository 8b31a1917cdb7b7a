// Package reclaim is wrong: it does not look again before it hangs up.
package reclaim

import (
	"net"
	"sync"
	"time"
)

// Serve serves at most n clients at a time, each with handle, which closes the connection. If another
// client comes meanwhile, Serve hangs up on the client that has been silent longest, as soon as that is
// grace or more. The newcomer waits until then, or until a client leaves. A client is silent while
// nothing is read from it or written to it. When ln is closed, Serve waits for the last handle and
// returns the error of Accept.
func Serve(n int, grace time.Duration, ln net.Listener, handle func(net.Conn)) error {
	var serving sync.WaitGroup
	defer serving.Wait()
	here := clients{slots: make(chan struct{}, n), open: make(map[*conn]struct{})}
	for {
		nc, err := ln.Accept()
		if err != nil {
			return err
		}
		here.makeRoom(grace)
		c := here.enter(nc)
		serving.Go(func() {
			defer here.leave(c)
			handle(c)
		})
	}
}

// clients are the clients that have a slot.
type clients struct {
	slots chan struct{}
	mu    sync.Mutex
	open  map[*conn]struct{} // guarded by mu
}

// makeRoom takes a slot. If there is none, it waits until a client leaves or has been silent for grace,
// and hangs up on the latter.
func (cs *clients) makeRoom(grace time.Duration) {
	for {
		select {
		case cs.slots <- struct{}{}:
			return
		default:
		}
		c, silent := cs.silentLongest()
		if silent >= grace {
			c.Close()              // handle notices
			cs.slots <- struct{}{} // and gives the slot back
			return
		}
		select {
		case cs.slots <- struct{}{}:
			return
		case <-time.After(grace - silent):
			c.Close()
			cs.slots <- struct{}{}
			return
		}
	}
}

func (cs *clients) enter(nc net.Conn) *conn {
	c := &conn{Conn: nc, last: time.Now()}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open[c] = struct{}{}
	return c
}

func (cs *clients) leave(c *conn) {
	cs.mu.Lock()
	delete(cs.open, c)
	cs.mu.Unlock()
	<-cs.slots
}

// silentLongest returns the client that has been silent longest, and for how long. Without clients it
// returns nil and 0.
func (cs *clients) silentLongest() (longest *conn, silent time.Duration) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.open {
		if d := c.silent(); longest == nil || d > silent {
			longest, silent = c, d
		}
	}
	return longest, silent
}

// conn is a connection that knows when bytes were last read from it or written to it.
type conn struct {
	net.Conn
	mu   sync.Mutex
	last time.Time // guarded by mu
}

func (c *conn) note() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
}

func (c *conn) silent() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Since(c.last)
}

// Read reads from the connection and notes the time.
func (c *conn) Read(p []byte) (int, error) {
	defer c.note() // afterwards: the client is silent while Read blocks
	return c.Conn.Read(p)
}

// Write writes to the connection and notes the time.
func (c *conn) Write(p []byte) (int, error) {
	defer c.note()
	return c.Conn.Write(p)
}
