// Package pool runs jobs on a fixed number of workers that share one unbounded queue.
//
// It is written by hand to show the parts. The names in other languages:
//
//	here               Rust                               Python
//	New(n)             n × thread::spawn                  ThreadPoolExecutor(n)
//	the queue          mpsc::channel()                    queue.SimpleQueue
//	its receiving end  Arc<Mutex<Receiver<Job>>>          the same queue, shared by all
//	Execute            Sender::send                       submit, without the Future
//	Close              drop(sender), then join each       shutdown(wait=True)
//
// A Go channel is a different queue: it is bounded, and a send blocks once it is full. Usually that is what you
// want, and then
//
//	jobs := make(chan func(), n)
//
// with n goroutines that range over it is a whole pool: Execute is a send, Close is close and a WaitGroup. The
// queue here never refuses a job and never blocks, like the queues of both pools above. So it can grow without
// end, and every waiting job keeps what it refers to: in a server, an open connection.
package pool

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// A Pool is a set of workers and the queue that they share. It is safe for concurrent use.
type Pool struct {
	jobs    *queue
	workers sync.WaitGroup
}

// New starts size workers, with the ids 1 to size. It returns an error if size is zero or less, because a pool
// without workers would take jobs and never run them. The caller ends the pool with [Pool.Close].
func New(size int) (*Pool, error) {
	if size <= 0 {
		return nil, fmt.Errorf("pool: size %d: want at least one worker", size)
	}
	p := &Pool{jobs: newQueue()}
	for id := 1; id <= size; id++ {
		p.workers.Go(func() { p.work(id) })
	}
	return p, nil
}

// Execute queues job and returns at once. The workers take jobs in the order in which they were queued. If a job
// panics, the panic is logged and the worker goes on. Execute panics after Close, as a send on a closed channel
// does.
func (p *Pool) Execute(job func()) {
	if !p.jobs.send(job) {
		panic("pool: Execute after Close")
	}
}

// Close lets the workers finish every job in the queue, and returns when the last worker has ended. It may be
// called more than once, but not by a job, which would wait for itself.
func (p *Pool) Close() {
	p.jobs.close()
	p.workers.Wait()
}

// work takes jobs and runs them until the queue is closed and empty.
func (p *Pool) work(id int) {
	for {
		job, ok := p.jobs.receive()
		if !ok {
			return
		}
		slog.LogAttrs(context.Background(), slog.LevelInfo, "took a job", slog.Int("worker", id)) // costs nothing if not wanted
		run(job)
	}
}

func run(job func()) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error(fmt.Sprintf("job panicked: %v", v), "stack", string(debug.Stack()))
		}
	}()
	job()
}
