package server

import (
	"io"
	"net"
	"time"
)

// conn is a client's connection on its way from Accept to the end of its conversation.
type conn struct {
	net.Conn
	number  int64
	serving bool // guarded by clients.mu, as the next
	ended   bool // its conversation has, though the connection may still be open

	accepted time.Time

	// What follows is the conversation's own.
	started time.Time
	idle    time.Duration // 0 for none
	in, out int64
	over    bool // the client has ended its side
}

// Read is the connection's, within the idle timeout.
func (c *conn) Read(p []byte) (int, error) {
	c.renewDeadline()
	n, err := c.Conn.Read(p)
	c.in += int64(n)
	c.over = c.over || err == io.EOF
	return n, err
}

// Write is the connection's, within the idle timeout.
func (c *conn) Write(p []byte) (int, error) {
	c.renewDeadline()
	n, err := c.Conn.Write(p)
	c.out += int64(n)
	return n, err
}

func (c *conn) renewDeadline() {
	if c.idle > 0 {
		c.SetDeadline(time.Now().Add(c.idle)) // it fails only on a closed connection, as the next call will
	}
}

// Waited is how long the client waited in this program, from its acceptance to the beginning of its service.
func (c *conn) Waited() time.Duration { return c.started.Sub(c.accepted) }

// lingerTime is how long a client may take to read the last reply and hang up.
const lingerTime = 500 * time.Millisecond

// linger lets the client of a conversation that is over read all that has been written, before the connection
// is closed. To close it while bytes of the client's are unread would reset it, and destroy what is on its way
// (RFC 9112, section 9.6).
func (c *conn) linger() {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	c.SetDeadline(time.Now().Add(lingerTime))
	io.Copy(io.Discard, c.Conn) // until the client hangs up, or has had its time
}
