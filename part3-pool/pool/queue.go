package pool

import "sync"

// queue is first in, first out, and has no bound. Any goroutine may send, and sending never blocks. The workers
// share the receiving end.
type queue struct {
	mu      sync.Mutex
	arrived *sync.Cond // signalled for each job, broadcast when the queue is closed
	jobs    []func()
	closed  bool
}

func newQueue() *queue {
	q := new(queue)
	q.arrived = sync.NewCond(&q.mu)
	return q
}

// send appends job and wakes one receiver. It returns false if the queue is closed.
func (q *queue) send(job func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.jobs = append(q.jobs, job)
	q.arrived.Signal()
	return true
}

// receive waits for a job and takes it. It returns false once the queue is closed and empty.
//
// No goroutine holds the lock while receive waits, or while the job runs. Holding it while the job runs is a
// classic mistake: one worker runs a job, and all the others wait for the lock.
func (q *queue) receive() (job func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) == 0 {
		if q.closed {
			return nil, false
		}
		q.arrived.Wait()
	}
	job = q.jobs[0]
	q.jobs[0] = nil // so that the garbage collector can free the job
	q.jobs = q.jobs[1:]
	if len(q.jobs) == 0 {
		q.jobs = nil // after a burst, give its array back
	}
	return job, true
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.arrived.Broadcast()
}
