// Package capstone is wrong: its accept loop waits for room in the queue, so the others wait in the backlog
// and hear nothing.
package capstone

import (
	"net"
	"sync"
)

// Waiting is how many clients the server lets wait for a worker. The test has two workers, and clients
// who leave after 100 ms; each request takes 10 ms of computing.
//
// Two workers take a client from the queue every 5 ms. So the last of 8 waits for at most 40 ms, and is
// answered after 50 ms. The rest of its patience is for a machine that is slower than we think.
const Waiting = 8

// Serve serves n clients at once, each with handle, and lets q more wait. It refuses the others at
// once with server.Refuse, which says in the words of the protocol that the server is busy. When
// Accept returns an error, because ln is closed, Serve waits until the last handle has returned, and
// then returns that error.
func Serve(n, q int, ln net.Listener, handle func(net.Conn)) error {
	queue := make(chan net.Conn, q)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(queue)
	for range n {
		workers.Go(func() {
			for conn := range queue {
				handle(conn)
			}
		})
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		queue <- conn
	}
}
