// Package boundedqueue is wrong: it lets one job more than limit wait.
package boundedqueue

import "sync"

// A Queue holds jobs until workers receive them. It is safe for concurrent use.
type Queue struct {
	limit int
	mu    sync.Mutex
	grown *sync.Cond // uses mu
	jobs  []func()
}

// New returns a queue for at most limit waiting jobs.
func New(limit int) *Queue {
	q := &Queue{limit: limit}
	q.grown = sync.NewCond(&q.mu)
	return q
}

// Send queues job and returns true. If the queue is full, it returns false. It never blocks.
func (q *Queue) Send(job func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) > q.limit {
		return false
	}
	q.jobs = append(q.jobs, job)
	q.grown.Signal()
	return true
}

// Receive returns the job that has waited longest. It blocks until there is one.
func (q *Queue) Receive() func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) == 0 {
		q.grown.Wait()
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return job
}

// A ChannelQueue is like a Queue. It needs no lock of its own, because a channel has one.
type ChannelQueue chan func()

// NewChannel returns a queue for at most limit waiting jobs.
func NewChannel(limit int) ChannelQueue { return make(ChannelQueue, limit) }

// Send queues job and returns true. If the queue is full, it returns false. It never blocks.
func (q ChannelQueue) Send(job func()) bool {
	select {
	case q <- job:
		return true
	default:
		return false
	}
}

// Receive returns the job that has waited longest. It blocks until there is one.
func (q ChannelQueue) Receive() func() { return <-q }
