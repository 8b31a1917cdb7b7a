// Package memnet is a network in memory, for tests. Its connections work in the fake time of a bubble of
// [testing/synctest], where real sockets hang. Like the kernel, its listener completes a connection before
// the program accepts it.
package memnet

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// A Listener is a [net.Listener] to which clients connect with [Listener.Dial].
type Listener struct {
	backlog  chan *Conn
	failures chan error // what Accept returns before it accepts the next connection
	dialled  atomic.Int64
	accepted atomic.Int64
	closed   chan struct{}
}

// backlogSize is what Linux grants a listener by default (net.core.somaxconn).
const backlogSize = 4096

// Listen returns a listener whose backlog is empty.
func Listen() *Listener {
	return &Listener{
		backlog:  make(chan *Conn, backlogSize),
		failures: make(chan error, 100),
		closed:   make(chan struct{}),
	}
}

// Dial connects a client and returns its end of the connection. It does not wait for the server, unless the backlog
// is full. The connection to a listener that is closed is reset. Each client has an address of its own.
func (l *Listener) Dial() *Conn {
	return l.DialFrom(fmt.Sprintf("127.0.0.1:%d", 10_000+l.dialled.Add(1)))
}

// DialFrom is like Dial for a client whose address is addr.
func (l *Listener) DialFrom(addr string) *Conn {
	client, server := pair(addr)
	select {
	case <-l.closed:
		server.Reset()
	default:
		l.backlog <- server
	}
	return client
}

// Fail makes one call of Accept return err. It may be called up to 100 times before Accept is.
func (l *Listener) Fail(err error) { l.failures <- err }

// Accepted is how many connections have been accepted so far.
func (l *Listener) Accepted() int { return int(l.accepted.Load()) }

// Accept returns the server's end of the next connection. It returns the errors given to Fail first, and
// [net.ErrClosed] once the listener is closed.
func (l *Listener) Accept() (net.Conn, error) {
	select { // the listener's end and its failures come before any connection
	case <-l.closed:
		return nil, net.ErrClosed
	case err := <-l.failures:
		return nil, err
	default:
	}
	select {
	case <-l.closed:
		return nil, net.ErrClosed
	case err := <-l.failures:
		return nil, err
	case conn := <-l.backlog:
		l.accepted.Add(1)
		return conn, nil
	}
}

// Close ends the listener and resets the connections that are still in the backlog, as the kernel does.
func (l *Listener) Close() error {
	select {
	case <-l.closed:
		return net.ErrClosed
	default:
	}
	close(l.closed)
	for {
		select {
		case conn := <-l.backlog:
			conn.Reset()
		default:
			return nil
		}
	}
}

// Addr returns the listener's address, which is always the same.
func (l *Listener) Addr() net.Addr { return listenerAddr }

// A Conn is one end of a connection. It has a pipe for each direction, so that each can be closed by itself.
// A pipe hands over each write as it is, so a reader can count the writes.
type Conn struct {
	net.Conn             // the pipe to read from
	out         net.Conn // the pipe to write to
	here, there net.Addr
	reset       *atomic.Bool // shared by both ends
}

type address string

func (*address) Network() string  { return "memory" }
func (a *address) String() string { return string(*a) }

var listenerAddr = newAddress("127.0.0.1:9090")

func newAddress(text string) *address { return (*address)(&text) }

func pair(addr string) (client, server *Conn) {
	toClient, fromServer := net.Pipe()
	toServer, fromClient := net.Pipe()
	reset, from := new(atomic.Bool), newAddress(addr)
	return &Conn{toClient, fromClient, from, listenerAddr, reset}, &Conn{toServer, fromServer, listenerAddr, from, reset}
}

// Read reads what the other end has written.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.orReset(err)
}

// Write returns once the other end has read all of p.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	return n, c.orReset(err)
}

func (c *Conn) orReset(err error) error {
	if err != nil && c.reset.Load() && !errors.Is(err, os.ErrDeadlineExceeded) {
		return &net.OpError{Op: "read or write", Net: "memory", Err: os.NewSyscallError("memory", syscall.ECONNRESET)}
	}
	return err
}

// Reset ends the connection as SetLinger(0) and Close do over TCP: both ends get [syscall.ECONNRESET], and
// what is on its way is lost.
func (c *Conn) Reset() {
	c.reset.Store(true)
	c.Close()
}

// CloseWrite ends the direction to the other end. Reading goes on.
func (c *Conn) CloseWrite() error { return c.out.Close() }

// Close ends both directions.
func (c *Conn) Close() error { return errors.Join(c.Conn.Close(), c.out.Close()) }

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.here }

// RemoteAddr returns the address of the other end.
func (c *Conn) RemoteAddr() net.Addr { return c.there }

// SetDeadline sets the deadline of reading and of writing.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.Conn.SetReadDeadline(t), c.out.SetWriteDeadline(t))
}

// SetWriteDeadline sets the deadline of writing.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.out.SetWriteDeadline(t) }
