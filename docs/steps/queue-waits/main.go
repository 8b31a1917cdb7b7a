// Queue-waits is the second step to the queue of part 3: its workers sleep until there is a job. Nothing ends them.
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
	for range *n {
		workers.Go(func() {
			for {
				job := jobs.receive()
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

func (q *queue) receive() func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.jobs) == 0 {
		q.arrived.Wait()
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return job
}
