package rig

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
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

// Join adds n clients. More than this machine can hold are an error, and so is a server that takes no more
// connections; those that have connected stay.
func (c *Crowd) Join(ctx context.Context, n int) error {
	if most := mostClients(); c.Held()+n > most {
		return fmt.Errorf("%d %w: want at most %d, or a higher ulimit -n", c.Held()+n, ErrTooMany, most)
	}
	d := net.Dialer{Timeout: connectPatience}
	for i := range n {
		arrived := time.Now()
		conn, err := d.DialContext(ctx, "tcp", c.addr)
		if late(err) {
			return fmt.Errorf("%w after %d clients: it has no room for another (on Linux net.core.somaxconn says for how many)", ErrFull, c.Held())
		}
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

// ErrFull says that a client could not even connect.
var ErrFull = errors.New("the kernel's backlog is full")

// late says whether err is that time was up.
func late(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// ErrTooMany says that a crowd would be too large for a process on this machine.
var ErrTooMany = errors.New("clients are more than a process may have open files for")

// mostClients is how many connections this process may hold beside all else.
func mostClients() int {
	const others = 100
	if limit := DescriptorLimit(); limit != Unknown {
		return max(limit-others, 1)
	}
	return math.MaxInt
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
	_, err = conn.Read(make([]byte, 1))
	v.Known = time.Since(arrived)
	v.Greeted = err == nil
	v.Reason = err
	if late(err) {
		v.Reason = ErrNoGreeting
	}
	return v
}
