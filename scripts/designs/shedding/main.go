// Shedding serves n clients at once. Its queue has a deadline: it refuses a client that has waited
// for the target, because by then the client has no use for an answer, or soon will not. While it
// is overloaded it serves the newest client first, which has most of its patience left.
//
// Both come from Ben Maurer, "Fail at Scale" (ACM Queue, 2015): controlled delay and adaptive LIFO.
// The delay is the idea of CoDel (Nichols and Jacobson, "Controlling Queue Delay", ACM Queue, 2012):
// what shows an overload is not how long the queue is, but for how long it has not been empty. The
// AWS Builders' Library ("Using load shedding to avoid overload", David Yanacek) has more reasons.
package main

import (
	"net"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/server"
)

var (
	n      = server.Count("n", 2, "serve with this `number` of workers")
	q      = server.Count("q", 100, "let at most this `number` of clients wait")
	target = server.Duration("target", 100*time.Millisecond, time.Millisecond, time.Hour, "refuse a client that has waited for `time`")
)

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	queue := newQueue(*q, *target, server.Refuse)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer queue.close()
	for range *n {
		workers.Go(func() {
			for conn, ok := queue.receive(); ok; conn, ok = queue.receive() {
				handle(conn)
			}
		})
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		queue.send(conn) // never blocks
	}
}
