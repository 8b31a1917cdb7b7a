package rig

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/protocol"
)

// connectPatience is how long a client of a crowd waits for its connection. Over loopback it is
// there at once, unless the backlog is full, and then waiting longer does not help.
const connectPatience = 2 * time.Second

// A Crowd is a number of clients that connect to a server and stay. They say nothing by themselves.
type Crowd struct {
	addr    string
	readers sync.WaitGroup

	mu      sync.Mutex
	members []net.Conn
	greeted int // members that the server has greeted
	heard   int // bytes that it has said to all of them
	gone    int // members whose connections have ended
}

// NewCrowd returns an empty crowd in front of the server at addr. The caller ends it with Close.
func NewCrowd(addr string) *Crowd { return &Crowd{addr: addr} }

var (
	// ErrFull says that a client could not even connect.
	ErrFull = errors.New("the kernel's backlog is full, or the machine is very busy")

	// ErrTooMany says that a crowd would be too large for a process on this machine.
	ErrTooMany = errors.New("clients are more than a process may have open files for")
)

// Join connects n more clients. It returns [ErrTooMany] if this process cannot hold so many, and
// [ErrFull] if the server's backlog has no room for another. The clients that have connected stay.
func (c *Crowd) Join(ctx context.Context, n int) error {
	if most := MostClients(); c.Held()+n > most {
		return fmt.Errorf("%d %w: want at most %d, or a higher ulimit -n", c.Held()+n, ErrTooMany, most)
	}
	d := net.Dialer{Timeout: connectPatience}
	for i := range n {
		conn, err := d.DialContext(ctx, "tcp", c.addr)
		if late(err) {
			return fmt.Errorf("%w after %d clients: it has no room for another (on Linux net.core.somaxconn says for how many)", ErrFull, c.Held())
		}
		if err != nil {
			return fmt.Errorf("client %d of %d could not connect: %w", i+1, n, err)
		}
		c.mu.Lock()
		c.members = append(c.members, conn)
		c.mu.Unlock()
		c.readers.Go(func() { c.read(conn) })
	}
	return nil
}

// late reports whether err says that time was up.
func late(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// MostClients returns how many connections this process may hold besides its other files.
func MostClients() int {
	const others = 100
	if limit := DescriptorLimit(); limit != Unknown {
		return max(limit-others, 1)
	}
	return math.MaxInt
}

// read ignores what the server says until the connection ends.
func (c *Crowd) read(conn net.Conn) {
	buf := make([]byte, 64) // io.Copy would take 8 KiB for each of thousands
	for first := true; ; first = false {
		n, err := conn.Read(buf)
		if err != nil {
			break
		}
		c.mu.Lock()
		c.heard += n
		if first && buf[0] != protocol.Refusal {
			c.greeted++
		}
		c.mu.Unlock()
	}
	c.mu.Lock()
	c.gone++
	c.mu.Unlock()
}

// Held returns how many clients are connected.
func (c *Crowd) Held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.members) - c.gone
}

// Greeted returns to how many clients the server has said something else than that it is busy.
func (c *Crowd) Greeted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.greeted
}

// Heard returns how many bytes the server has said to all clients.
func (c *Crowd) Heard() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heard
}

// Say has every client send text once, spread evenly over d.
func (c *Crowd) Say(ctx context.Context, text string, d time.Duration) error {
	c.mu.Lock()
	members := c.members
	c.mu.Unlock()
	start := time.Now()
	for i, conn := range members {
		if err := client.Sleep(ctx, time.Until(start.Add(d*time.Duration(i)/time.Duration(len(members))))); err != nil {
			return err
		}
		if _, err := conn.Write([]byte(text)); err != nil {
			return err
		}
	}
	return client.Sleep(ctx, time.Until(start.Add(d)))
}

// Close closes all connections.
func (c *Crowd) Close() {
	c.mu.Lock()
	for _, conn := range c.members {
		conn.Close()
	}
	c.mu.Unlock()
	c.readers.Wait()
}

// A Visit is what one client finds out about a server that greets the clients that it serves.
type Visit struct {
	Connected time.Duration // how long until the connection stood; 0 if it never did
	Known     time.Duration // how long until the client knew whether it is served
	Greeted   bool
	Reason    error // why it was not greeted
}

// Why a visitor was not greeted, besides the errors of the network.
var (
	ErrNoGreeting = errors.New("no greeting") // it has lost its patience
	ErrRefused    = errors.New("refused")     // the server said that it is busy
)

// Visitor connects to addr, waits for a greeting for at most patience after its arrival, and leaves.
func Visitor(ctx context.Context, addr string, patience time.Duration) Visit {
	arrived := time.Now()
	d := net.Dialer{Deadline: arrived.Add(patience)}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if late(err) {
		err = ErrNoGreeting
	}
	if err != nil {
		return Visit{Known: time.Since(arrived), Reason: err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	v := Visit{Connected: time.Since(arrived)}
	conn.SetReadDeadline(arrived.Add(patience))
	first := make([]byte, 1)
	_, err = conn.Read(first)
	v.Known = time.Since(arrived)
	switch {
	case late(err):
		v.Reason = ErrNoGreeting
	case err == nil && first[0] == protocol.Refusal:
		v.Reason = ErrRefused
	default:
		v.Greeted, v.Reason = err == nil, err
	}
	return v
}
