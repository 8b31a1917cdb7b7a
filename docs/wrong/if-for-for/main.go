// If-for-for is wrong: its workers look once whether there is a job, where they must look again.
package main

import (
	"net"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

var n = server.Count("n", 2, "serve with this `number` of workers")

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	jobs := newQueue()
	var workers sync.WaitGroup
	defer workers.Wait()
	defer jobs.close()
	for range *n {
		workers.Go(func() {
			for job, ok := jobs.receive(); ok; job, ok = jobs.receive() {
				job()
			}
		})
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		jobs.send(func() { handle(conn) })
	}
}

type queue struct {
	mu      sync.Mutex
	arrived *sync.Cond
	jobs    []func()
	closed  bool
}

func newQueue() *queue {
	q := new(queue)
	q.arrived = sync.NewCond(&q.mu)
	return q
}

func (q *queue) send(job func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, job)
	q.arrived.Signal()
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.arrived.Broadcast()
}

func (q *queue) receive() (job func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		if q.closed {
			return nil, false
		}
		q.arrived.Wait()
	}
	job = q.jobs[0]
	q.jobs = q.jobs[1:]
	return job, true
}
