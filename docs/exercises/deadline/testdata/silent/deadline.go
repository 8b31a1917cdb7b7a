// Package deadline is wrong: it leaves out the job without a word.
package deadline

import (
	"sync"
	"time"
)

// A Pool runs jobs on a fixed number of workers. It is safe for concurrent use.
type Pool struct {
	target  time.Duration
	jobs    chan job
	workers sync.WaitGroup
}

type job struct {
	run, refuse func()
	queued      time.Time
}

// New starts n workers. No job waits for them for longer than target and is then run.
func New(n int, target time.Duration) *Pool {
	p := &Pool{target: target, jobs: make(chan job, 10_000)}
	for range n {
		p.workers.Go(p.work)
	}
	return p
}

// Execute queues a job. A worker calls run, or, if the job has waited for longer than the target when
// its turn comes, refuse. It calls one of them, once.
func (p *Pool) Execute(run, refuse func()) {
	p.jobs <- job{run, refuse, time.Now()}
}

// Close lets the workers deal with all jobs in the queue, and returns when they have.
func (p *Pool) Close() {
	close(p.jobs)
	p.workers.Wait()
}

func (p *Pool) work() {
	for j := range p.jobs {
		if time.Since(j.queued) > p.target {
			continue
		}
		j.run()
	}
}
