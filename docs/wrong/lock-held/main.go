// Lock-held is wrong: its workers take turns at the queue with a mutex, and hold it while their job runs.
package main

import (
	"net"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

var n = server.Count("n", 2, "serve with this `number` of workers")

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	jobs := make(chan func(), 100)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(jobs)
	var turn sync.Mutex
	next := func() (ok bool) {
		turn.Lock()
		defer turn.Unlock()
		job, ok := <-jobs
		if ok {
			job()
		}
		return ok
	}
	for range *n {
		workers.Go(func() {
			for next() {
			}
		})
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		jobs <- func() { handle(conn) }
	}
}
