package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// connectPatience is how long a client of a crowd waits for its connection. Over loopback one is there at once,
// unless the backlog is full, and then it is not there after any time.
const connectPatience = 2 * time.Second

// A Crowd is a number of clients that connect to a server and stay. It says nothing by itself.
type Crowd struct {
	addr    string
	readers sync.WaitGroup

	mu      sync.Mutex
	members []*member
	closed  bool
}

type member struct {
	net.Conn
	greeted time.Duration // after how long; 0 for not yet
	gone    bool          // the server has closed it
}

// NewCrowd returns an empty crowd before the server at addr. The caller ends it with [Crowd.Close].
func NewCrowd(addr string) *Crowd { return &Crowd{addr: addr} }

// Join adds n clients. A server that takes no more connections, for whatever reason, is an error; those that have
// connected stay.
func (c *Crowd) Join(ctx context.Context, n int) error {
	d := net.Dialer{Timeout: connectPatience}
	for i := range n {
		arrived := time.Now()
		conn, err := d.DialContext(ctx, "tcp", c.addr)
		if err != nil {
			return fmt.Errorf("client %d of %d could not connect: %w", i+1, n, err)
		}
		m := &member{Conn: conn}
		c.mu.Lock()
		c.members = append(c.members, m)
		c.mu.Unlock()
		c.readers.Go(func() { c.read(m, arrived) })
	}
	return nil
}

// read notes the greeting, and then ignores what the server says until it hangs up.
func (c *Crowd) read(m *member, arrived time.Time) {
	buf := make([]byte, 64)
	for {
		n, err := m.Read(buf)
		c.mu.Lock()
		if n > 0 && m.greeted == 0 {
			m.greeted = time.Since(arrived)
		}
		m.gone = err != nil && !c.closed
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Held is how many clients are connected.
func (c *Crowd) Held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := 0
	for _, m := range c.members {
		if !m.gone {
			held++
		}
	}
	return held
}

// Greeted is how many clients have been greeted.
func (c *Crowd) Greeted() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	greeted := 0
	for _, m := range c.members {
		if m.greeted > 0 {
			greeted++
		}
	}
	return greeted
}

// Say has every client send text once, spread evenly over d.
func (c *Crowd) Say(ctx context.Context, text string, d time.Duration) error {
	c.mu.Lock()
	members := c.members
	c.mu.Unlock()
	start := time.Now()
	for i, m := range members {
		if err := Sleep(ctx, time.Until(start.Add(d*time.Duration(i)/time.Duration(len(members))))); err != nil {
			return err
		}
		if _, err := m.Write([]byte(text)); err != nil {
			return err
		}
	}
	return Sleep(ctx, time.Until(start.Add(d)))
}

// Close closes all connections.
func (c *Crowd) Close() {
	c.mu.Lock()
	c.closed = true
	for _, m := range c.members {
		m.Close()
	}
	c.mu.Unlock()
	c.readers.Wait()
}

// A Visit is what one client of a server finds out that greets those whom it serves.
type Visit struct {
	Connected time.Duration // how long until the connection stood; 0 for never
	Known     time.Duration // how long until the client knew whether it is served
	Greeted   bool
	Reason    error // why not
}

// ErrNoGreeting says that a client has lost its patience.
var ErrNoGreeting = errors.New("no greeting")

// Visitor connects to addr, waits for its greeting for at most patience since it arrived, and leaves.
func Visitor(ctx context.Context, addr string, patience time.Duration) Visit {
	arrived := time.Now()
	d := net.Dialer{Deadline: arrived.Add(patience)}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return Visit{Known: time.Since(arrived), Reason: err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	v := Visit{Connected: time.Since(arrived)}
	conn.SetReadDeadline(arrived.Add(patience))
	_, err = conn.Read(make([]byte, 1))
	v.Known = time.Since(arrived)
	v.Greeted = err == nil
	v.Reason = err
	if errors.Is(err, os.ErrDeadlineExceeded) {
		v.Reason = ErrNoGreeting
	}
	return v
}
