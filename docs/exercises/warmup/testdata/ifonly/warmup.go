// Package warmup is wrong: Receive looks only once whether there is a job.
package warmup

import (
	"net"
	"sync"
	"time"
)

// Take takes one of the slots that the channel has room for, and waits while all are taken.
func Take(slots chan struct{}) {
	slots <- struct{}{}
}

// Start starts f in a goroutine that clients counts, so that clients.Wait waits for it.
func Start(clients *sync.WaitGroup, f func()) {
	clients.Go(f)
}

// Finish tells the workers that range over jobs that no job will come. They do what is in the channel,
// and end.
func Finish(jobs chan func()) {
	close(jobs)
}

// A Counter is shared by all clients.
type Counter struct {
	mu sync.Mutex
	n  int // guarded by mu
}

// Change sets the counter to what f makes of it. Other clients can go on when f has returned, and also
// when it has panicked.
func (c *Counter) Change(f func(int) int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n = f(c.n)
}

// TrySend queues a job and returns true, or returns false at once if the queue is full.
func TrySend(queue chan func(), job func()) bool {
	select {
	case queue <- job:
		return true
	default:
		return false
	}
}

// A Queue holds jobs until workers take them.
type Queue struct {
	mu      sync.Mutex
	arrived *sync.Cond // uses mu; a receiver may be woken although there is no job
	jobs    []func()   // guarded by mu
}

// Receive waits for a job and takes it.
func (q *Queue) Receive() func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		q.arrived.Wait()
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return job
}

// ReadWithin reads from the client. When the client has been silent for d, it gives up with the error
// os.ErrDeadlineExceeded, and the connection stays open.
func ReadWithin(conn net.Conn, buf []byte, d time.Duration) (int, error) {
	conn.SetReadDeadline(time.Now().Add(d))
	return conn.Read(buf)
}

// A HalfConn is a connection whose two directions can be closed one by one, such as a *net.TCPConn.
type HalfConn interface {
	net.Conn
	CloseWrite() error
}

// Done tells the server that the client has nothing more to say. The client can still read replies.
func Done(conn HalfConn) {
	conn.CloseWrite()
}

// Safely runs job. If job panics, Safely returns as if job had returned.
func Safely(job func()) {
	defer func() { recover() }()
	job()
}
