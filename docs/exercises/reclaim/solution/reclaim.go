// Package reclaim is a solution of the exercise.
package reclaim

import (
	"net"
	"sync"
	"time"
)

// Serve serves at most n clients at a time, each with handle, which closes the connection. If another one comes while
// n are here, Serve hangs up on the one who has been silent longest, as soon as that is grace or more. Until then, or
// until somebody leaves, the newcomer waits. A client is silent while nothing is read from it or written to it. Serve
// returns when ln is closed and the last client has been served.
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

// clients are those who have a slot.
type clients struct {
	slots chan struct{}
	mu    sync.Mutex
	open  map[*conn]struct{} // guarded by mu
}

// makeRoom takes a slot. It waits for one until somebody leaves, and makes somebody leave who is silent for grace.
func (cs *clients) makeRoom(grace time.Duration) {
	for {
		select {
		case cs.slots <- struct{}{}:
			return
		default:
		}
		c, silent := cs.silentLongest()
		if silent >= grace {
			c.Close()              // handle notices,
			cs.slots <- struct{}{} // and gives the slot back
			return
		}
		select {
		case cs.slots <- struct{}{}:
			return
		case <-time.After(grace - silent): // look again: it may have said something since
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

// silentLongest returns who has been silent longest, and for how long: for no time if nobody is here.
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

// conn is a connection that knows when something was last read or written.
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

// Read is the connection's.
func (c *conn) Read(p []byte) (int, error) {
	defer c.note() // afterwards: while it waits, the client is silent
	return c.Conn.Read(p)
}

// Write is the connection's.
func (c *conn) Write(p []byte) (int, error) {
	defer c.note()
	return c.Conn.Write(p)
}
