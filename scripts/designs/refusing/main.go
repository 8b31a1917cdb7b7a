// Refusing serves n clients at once, lets q more wait, and refuses the others at once: load shedding.
//
// A queue without a bound only grows while the clients come faster than they are served, and then
// everybody waits longer than anybody wants to. A client that hears at once that the server is busy
// can go elsewhere, or come again later. The AWS Builders' Library ("Using load shedding to avoid
// overload", David Yanacek) says why a refusal has to be much cheaper than a service.
package main

import (
	"net"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

var (
	n = server.Count("n", 2, "serve with this `number` of workers")
	q = server.Count("q", 4, "let at most this `number` of clients wait")
)

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	queue := make(chan net.Conn, *q)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(queue)
	for range *n {
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
		select {
		case queue <- conn:
		default: // the queue is full
			server.Refuse(conn)
		}
	}
}
