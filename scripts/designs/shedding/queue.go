package main

import (
	"net"
	"slices"
	"sync"
	"time"
)

// queue holds the clients that wait, up to a bound and each up to a deadline. It gives out the
// oldest first, or the newest first while it is overloaded: while it has not been empty for longer
// than the target.
type queue struct {
	bound  int
	target time.Duration
	refuse func(net.Conn) // gets each client that the queue drops; called without the lock

	mu      sync.Mutex
	arrived *sync.Cond // signalled for each client, broadcast when the queue is closed
	waiting []*waiter  // the oldest first
	filled  time.Time  // when the queue was empty last
	idle    int        // receivers that wait, or have been woken and not come yet
	closed  bool
}

// waiter is a client in the queue. An *waiter is in the queue once at most, so it can be found again.
type waiter struct {
	conn     net.Conn
	deadline *time.Timer
}

func newQueue(bound int, target time.Duration, refuse func(net.Conn)) *queue {
	q := &queue{bound: bound, target: target, refuse: refuse}
	q.arrived = sync.NewCond(&q.mu)
	return q
}

// send appends the client and wakes one receiver. If the queue is full it drops the oldest client,
// whose patience ends first.
func (q *queue) send(conn net.Conn) {
	q.mu.Lock()
	var oldest *waiter
	switch len(q.waiting) {
	case 0:
		q.filled = time.Now()
	case q.bound + q.idle: // an idle receiver takes a client that does not wait
		oldest = q.take(0)
	}
	w := &waiter{conn: conn}
	w.deadline = time.AfterFunc(q.target, func() { q.expire(w) })
	q.waiting = append(q.waiting, w)
	q.arrived.Signal()
	q.mu.Unlock()
	if oldest != nil {
		q.refuse(oldest.conn)
	}
}

// expire drops w if it is still waiting.
func (q *queue) expire(w *waiter) {
	q.mu.Lock()
	i := slices.Index(q.waiting, w)
	if i >= 0 {
		q.take(i)
	}
	q.mu.Unlock()
	if i >= 0 {
		q.refuse(w.conn)
	}
}

// receive waits for a client and takes it. It returns false once the queue is closed and empty.
func (q *queue) receive() (conn net.Conn, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return nil, false
		}
		q.idle++
		q.arrived.Wait()
		q.idle--
	}
	if time.Since(q.filled) > q.target {
		return q.take(len(q.waiting) - 1).conn, true
	}
	return q.take(0).conn, true
}

// take removes and returns a client. The caller holds the lock.
func (q *queue) take(i int) *waiter {
	w := q.waiting[i]
	w.deadline.Stop() // it would drop nobody any more, but keep the client in memory until then
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return w
}

// close lets receive return what is left, and then false. No client may be sent afterwards.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.arrived.Broadcast()
}
