// Queue-polls is the first step to the queue of part 3: a slice and a mutex. Its workers ask for a job again and again,
// and nothing ends them.
package main

import (
	"net"
	"runtime"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

var n = server.Count("n", 2, "serve with this `number` of workers")

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	var jobs queue
	for range *n {
		go func() {
			for {
				if job, ok := jobs.receive(); ok {
					job()
				} else {
					runtime.Gosched() // let others run, and ask again
				}
			}
		}()
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
	mu   sync.Mutex
	jobs []func()
}

func (q *queue) send(job func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, job)
}

func (q *queue) receive() (job func(), ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return nil, false
	}
	job = q.jobs[0]
	q.jobs = q.jobs[1:]
	return job, true
}
