// Package capstone is wrong: it serves the newest client first, but it refuses nobody, and the oldest wait for nothing.
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
	var (
		mu      sync.Mutex
		arrived = sync.NewCond(&mu)
		waiting []net.Conn
		closed  bool
		workers sync.WaitGroup
	)
	receive := func() net.Conn {
		mu.Lock()
		defer mu.Unlock()
		for len(waiting) == 0 && !closed {
			arrived.Wait()
		}
		if len(waiting) == 0 {
			return nil
		}
		newest := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		return newest
	}
	defer workers.Wait()
	for range n {
		workers.Go(func() {
			for conn := receive(); conn != nil; conn = receive() {
				handle(conn)
			}
		})
	}
	for {
		conn, err := ln.Accept()
		mu.Lock()
		if err != nil {
			closed = true
			arrived.Broadcast()
			mu.Unlock()
			return err
		}
		waiting = append(waiting, conn)
		arrived.Signal()
		mu.Unlock()
	}
}
