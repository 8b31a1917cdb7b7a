// Package resize is a solution of the exercise.
package resize

import (
	"sync"
	"time"
)

// A Pool has at least min workers and at most max. It is safe for concurrent use.
type Pool struct {
	min, max int
	idle     time.Duration // how long a worker that is one too many has nothing to do before it ends

	all     sync.WaitGroup
	mu      sync.Mutex
	arrived *sync.Cond // uses mu
	jobs    []func()
	workers int
	free    int // the workers that run no job
	closed  bool
}

// New starts min workers. More are started while jobs wait for one, up to max. They end when they have had nothing
// to do for as long as idle, down to min. The caller ends the pool with Close.
func New(min, max int, idle time.Duration) *Pool {
	p := &Pool{min: min, max: max, idle: idle}
	p.arrived = sync.NewCond(&p.mu)
	for range min {
		p.start()
	}
	return p
}

// Execute queues job and returns at once. It must not be called after Close.
func (p *Pool) Execute(job func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = append(p.jobs, job)
	if len(p.jobs) > p.free && p.workers < p.max {
		p.start()
	}
	p.arrived.Signal()
}

// Workers is how many workers there are.
func (p *Pool) Workers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.workers
}

// Close returns when all queued jobs have been run and the workers have ended. It does not wait for anything else.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.arrived.Broadcast()
	p.all.Wait()
}

// start needs mu, once others know p.
func (p *Pool) start() {
	p.workers++
	p.free++
	p.all.Go(func() {
		for {
			job, ok := p.receive()
			if !ok {
				return
			}
			job()
			p.mu.Lock()
			p.free++
			p.mu.Unlock()
		}
	})
}

// receive takes the job that has waited longest. It returns false when the worker that waits for one has to end.
func (p *Pool) receive() (job func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.free-- }()
	late := false
	timer := time.AfterFunc(p.idle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.arrived.Broadcast() // not Signal, which may wake another one
	})
	defer timer.Stop()
	for len(p.jobs) == 0 {
		if p.closed || late && p.workers > p.min {
			p.workers--
			return nil, false
		}
		p.arrived.Wait()
	}
	job, p.jobs = p.jobs[0], p.jobs[1:]
	return job, true
}
