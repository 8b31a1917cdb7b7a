// Package resize is wrong: its Close waits until idle workers have ended by themselves.
package resize

import (
	"sync"
	"time"
)

// A Pool has at least min workers and at most max. It is safe for concurrent use.
type Pool struct {
	min, max int
	idle     time.Duration // a worker ends after it has had no job for this long, if there are more than min

	all     sync.WaitGroup
	mu      sync.Mutex
	arrived *sync.Cond // uses mu
	jobs    []func()
	workers int
	free    int // workers that run no job
	closed  bool
}

// New starts a pool of min workers. While jobs wait for a worker, the pool starts more, up to max. A
// worker that has had no job for as long as idle ends, if there are more than min. The caller must call
// Close.
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

// Workers returns how many workers there are.
func (p *Pool) Workers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.workers
}

// Close returns when all queued jobs have been run and all workers have ended. It does not wait for
// idle workers.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.arrived.Broadcast()
	p.all.Wait()
}

// start starts a worker. The caller must hold mu, unless p is new.
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

// receive returns the job that has waited longest. It returns false if the worker has to end.
func (p *Pool) receive() (job func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.free-- }()
	late := false
	timer := time.AfterFunc(p.idle, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.arrived.Broadcast() // Signal might wake another worker
	})
	defer timer.Stop()
	for len(p.jobs) == 0 {
		if late && (p.closed || p.workers > p.min) {
			p.workers--
			return nil, false
		}
		p.arrived.Wait()
	}
	job, p.jobs = p.jobs[0], p.jobs[1:]
	return job, true
}
