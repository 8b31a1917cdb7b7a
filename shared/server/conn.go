package server

import (
	"io"
	"log/slog"
	"net"
	"time"
)

// A connState is how far a client has come, like [net/http.ConnState].
type connState int

const (
	stateWaiting connState = iota // accepted, and its conversation has not begun
	stateServing                  // in its conversation
	stateServed                   // its conversation has ended in order; the connection is still open
	stateFailed                   // its conversation has ended in another way; the connection is still open
	stateRefused                  // being told that it is not served; the connection is still open
	stateClosed
)

// conn is a client's connection as the strategy gets it from Accept. Closing it ends the client's place in the
// books, whoever closes it: handle after the conversation, or a strategy that refuses the client.
type conn struct {
	net.Conn
	clients  *clients
	number   int64
	accepted time.Time
	state    connState // guarded by clients.mu

	// The conversation alone uses what follows.
	started time.Time
	idle    time.Duration // 0 for no timeout
	in, out int64         // bytes
}

// Read renews the idle deadline and reads from the connection.
func (c *conn) Read(p []byte) (int, error) {
	c.renewDeadline()
	n, err := c.Conn.Read(p)
	c.in += int64(n)
	return n, err
}

// Write renews the idle deadline and writes to the connection.
func (c *conn) Write(p []byte) (int, error) {
	c.renewDeadline()
	n, err := c.Conn.Write(p)
	c.out += int64(n)
	return n, err
}

func (c *conn) renewDeadline() {
	if c.idle > 0 {
		c.SetDeadline(time.Now().Add(c.idle)) // an error means that c is closed; the next call will say so
	}
}

// Close closes the connection. The first call ends the client's place in the books.
func (c *conn) Close() error {
	err := c.Conn.Close()
	if was := c.clients.closed(c); was == stateWaiting && logging() {
		slog.Info("closed unserved", "conn", c.number)
	}
	return err
}

// Waited is how long the client waited in this program, from when it was accepted until its conversation began.
func (c *conn) Waited() time.Duration { return c.started.Sub(c.accepted) }

// LocalAddr returns the address of this end of the connection, with the connection itself hidden in it. A strategy
// may wrap a connection, as netutil.LimitListener does. The wrapper hides the type, but it passes LocalAddr on,
// and so handle finds the client again.
func (c *conn) LocalAddr() net.Addr { return localAddr{c.Conn.LocalAddr(), c} }

type localAddr struct {
	net.Addr
	conn *conn
}

// wrapped is a connection that a strategy has wrapped, for a conversation that asks how long its client waited.
type wrapped struct {
	net.Conn
	client *conn
}

// Waited is how long the client waited in this program.
func (w wrapped) Waited() time.Duration { return w.client.Waited() }

// lingerTime is how long a client may take to read the last reply, or its refusal, and hang up.
const lingerTime = 500 * time.Millisecond

// linger lets the client read all that was written to it before its connection is closed. Closing a connection
// with unread bytes resets it, and that destroys replies that are still on their way (RFC 9112, section 9.6).
func (c *conn) linger(deadline time.Time) {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.SetDeadline(deadline)
	io.Copy(io.Discard, c.Conn) // until the client hangs up, or its time is over
}
