package servertest

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// network is a listener in memory, whose connections work in the fake time of a synctest bubble, where real
// sockets hang. Like the kernel, it completes a connection before anybody accepts it.
type network struct {
	backlog  chan *end
	failures chan error // for Accept to return before any connection
	accepted atomic.Int64
	closed   chan struct{}
}

// backlogSize is what Linux grants a listener unless told otherwise (net.core.somaxconn).
const backlogSize = 4096

func newNetwork() *network {
	return &network{
		backlog:  make(chan *end, backlogSize),
		failures: make(chan error, 100),
		closed:   make(chan struct{}),
	}
}

// dial connects a client. It never waits for the server.
func (n *network) dial() *end {
	client, server := pair()
	select {
	case <-n.closed:
		server.Reset()
	default:
		n.backlog <- server
	}
	return client
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case <-n.closed:
		return nil, net.ErrClosed
	case err := <-n.failures:
		return nil, err
	default:
	}
	select {
	case <-n.closed:
		return nil, net.ErrClosed
	case err := <-n.failures:
		return nil, err
	case conn := <-n.backlog:
		n.accepted.Add(1)
		return conn, nil
	}
}

// Close also resets the connections that nobody has accepted, as the kernel does.
func (n *network) Close() error {
	select {
	case <-n.closed:
		return net.ErrClosed
	default:
	}
	close(n.closed)
	for {
		select {
		case conn := <-n.backlog:
			conn.Reset()
		default:
			return nil
		}
	}
}

func (n *network) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "memory" }
func (address) String() string  { return "memory" }

// end is one end of a connection: a pipe for each direction, so that each can be closed by itself. A pipe hands
// over each write as it is, and so shows how many writes a reply took.
type end struct {
	in, out net.Conn
	reset   *atomic.Bool // shared by both ends
}

func pair() (client, server *end) {
	toClient, fromServer := net.Pipe()
	toServer, fromClient := net.Pipe()
	reset := new(atomic.Bool)
	return &end{toClient, fromClient, reset}, &end{toServer, fromServer, reset}
}

func (e *end) Read(p []byte) (int, error) {
	n, err := e.in.Read(p)
	return n, e.orReset(err)
}

func (e *end) Write(p []byte) (int, error) {
	n, err := e.out.Write(p)
	return n, e.orReset(err)
}

func (e *end) orReset(err error) error {
	if err != nil && e.reset.Load() && !errors.Is(err, os.ErrDeadlineExceeded) {
		return &net.OpError{Op: "read or write", Net: "memory", Err: os.NewSyscallError("memory", syscall.ECONNRESET)}
	}
	return err
}

// Reset ends the connection as SetLinger(0) and Close do: what is under way is lost.
func (e *end) Reset() {
	e.reset.Store(true)
	e.Close()
}

// CloseWrite says that nothing more will be written; reading goes on.
func (e *end) CloseWrite() error { return e.out.Close() }

func (e *end) Close() error { return errors.Join(e.in.Close(), e.out.Close()) }

func (e *end) LocalAddr() net.Addr  { return address{} }
func (e *end) RemoteAddr() net.Addr { return address{} }

func (e *end) SetDeadline(t time.Time) error {
	return errors.Join(e.SetReadDeadline(t), e.SetWriteDeadline(t))
}
func (e *end) SetReadDeadline(t time.Time) error  { return e.in.SetReadDeadline(t) }
func (e *end) SetWriteDeadline(t time.Time) error { return e.out.SetWriteDeadline(t) }
