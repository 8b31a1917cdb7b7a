//go:build exercise

package deadline

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

const (
	target = 100 * time.Millisecond
	work   = 60 * time.Millisecond
)

// An end is what a client hears in the end.
type end struct {
	what  string
	after time.Duration
}

func (e end) String() string { return fmt.Sprintf("%s after %v", e.what, e.after) }

func answered(after time.Duration) end { return end{"answered", after} }
func refused(after time.Duration) end  { return end{"refused", after} }

// is says whether e is the end that is wanted. A refusal may come sooner than when the worker is free.
func (e end) is(want end) bool {
	return e == want || e.what == want.what && e.what == "refused" && e.after >= target && e.after < want.after
}

// A crowd is a pool's clients, and what each of them has heard, in the order in which they came.
type crowd struct {
	pool  *Pool
	mu    sync.Mutex
	heard [][]end
}

// comes queues a job for a client. The client hears of its end.
func (c *crowd) comes(work time.Duration) {
	c.mu.Lock()
	i, came := len(c.heard), time.Now()
	c.heard = append(c.heard, nil)
	c.mu.Unlock()
	hears := func(what string) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.heard[i] = append(c.heard[i], end{what, time.Since(came)})
	}
	c.pool.Execute(func() { time.Sleep(work); hears("answered") }, func() { hears("refused") })
}

// close closes the pool, and waits for what the pool has left behind.
func (c *crowd) close() {
	c.pool.Close()
	time.Sleep(time.Hour)
}

// check fails the test unless the clients have heard what is wanted, each of them once.
func (c *crowd) check(t *testing.T, why string, want ...end) {
	t.Helper()
	for i, heard := range c.heard {
		if len(heard) == 0 {
			t.Fatalf("Client %d of %d heard nothing at all, want %v: %s", i+1, len(c.heard), want[i], why)
		}
		if len(heard) > 1 || !heard[0].is(want[i]) {
			t.Fatalf("Client %d of %d was %v, want %v: %s", i+1, len(c.heard), heard, want[i], why)
		}
	}
}

// withPool calls use with a pool of n workers, and use closes it.
func withPool(t *testing.T, n int, use func(*testing.T, *crowd)) {
	t.Helper()
	bubble.Run(t, "All clients have left, the pool has been closed, and Close or a worker still waits.", func(t *testing.T) {
		use(t, &crowd{pool: New(n, target)})
	})
}

func TestAJobThatHasWaitedTooLongIsRefused(t *testing.T) {
	withPool(t, 1, func(t *testing.T, c *crowd) {
		for range 4 {
			c.comes(work)
		}
		c.close()
		c.check(t, "a job takes 60ms, one at a time, and no job is begun that has waited for more than 100ms.",
			answered(work), answered(2*work), refused(2*work), refused(2*work))
	})
}

func TestAJobThatHasWaitedAsLongAsItMayIsRun(t *testing.T) {
	withPool(t, 1, func(t *testing.T, c *crowd) {
		c.comes(target)
		c.comes(work)
		c.close()
		c.check(t, "the second job has waited for exactly 100ms when its turn comes.",
			answered(target), answered(target+work))
	})
}

func TestThePoolRecovers(t *testing.T) {
	withPool(t, 1, func(t *testing.T, c *crowd) {
		c.comes(2 * target)
		c.comes(work)
		time.Sleep(target + target/2)
		c.comes(work)
		time.Sleep(time.Hour)
		c.comes(work)
		c.close()
		c.check(t, "client 2 waited for 200ms until the worker was free, client 3 for 50ms, and client 4 came to an empty pool.",
			answered(2*target), refused(2*target), answered(target/2+work), answered(work))
	})
}

func TestEveryClientHearsOnce(t *testing.T) {
	withPool(t, 3, func(t *testing.T, c *crowd) {
		for range 300 {
			c.comes(work)
			time.Sleep(work / 12)
		}
		c.close()
		served := 0
		for i, heard := range c.heard {
			if len(heard) != 1 {
				t.Fatalf("Client %d of %d heard %v. Each client wants to hear once: that it is answered, or that it is refused.", i+1, len(c.heard), heard)
			}
			if heard[0].what == "answered" {
				served++
			}
		}
		if served < len(c.heard)/5 {
			t.Fatalf("%d of %d clients were answered, although three workers had time for more than a fifth of them.", served, len(c.heard))
		}
	})
}
