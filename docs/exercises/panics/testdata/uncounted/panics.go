// Package panics is wrong: a worker that replaces another one is not counted, so Close returns too early.
package panics

import (
	"log"
	"runtime/debug"
	"sync"
)

// A Pool runs a fixed number of jobs at a time. It is safe for concurrent use.
type Pool struct {
	jobs    chan func()
	workers sync.WaitGroup
}

// New starts a pool that runs n jobs at a time. The caller must call Close.
func New(n int) *Pool {
	p := &Pool{jobs: make(chan func(), 100)}
	for range n {
		p.workers.Go(p.work)
	}
	return p
}

// Execute queues job. It blocks while the queue is full. If job panics, the pool logs the panic and
// still runs n jobs at a time.
func (p *Pool) Execute(job func()) { p.jobs <- job }

// Close returns when all queued jobs have been run and the workers have ended.
func (p *Pool) Close() {
	close(p.jobs)
	p.workers.Wait()
}

// work runs jobs until the queue is closed and empty.
func (p *Pool) work() {
	defer func() {
		if v := recover(); v != nil {
			log.Printf("job panicked: %v\n%s", v, debug.Stack())
			go p.work()
		}
	}()
	for job := range p.jobs {
		job()
	}
}
