// Package boundedqueue is a solution of the exercise.
package boundedqueue

import "sync"

// A Queue holds jobs until workers take them. It is safe for concurrent use.
type Queue struct {
	limit int
	mu    sync.Mutex
	grown *sync.Cond // uses mu
	jobs  []func()
}

// New returns a queue in which at most limit jobs wait.
func New(limit int) *Queue {
	q := &Queue{limit: limit}
	q.grown = sync.NewCond(&q.mu)
	return q
}

// Send queues job and returns true, or returns false at once if the queue is full.
func (q *Queue) Send(job func()) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == q.limit {
		return false
	}
	q.jobs = append(q.jobs, job)
	q.grown.Signal()
	return true
}

// Receive takes the job that has waited longest. It waits for one if there is none.
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
