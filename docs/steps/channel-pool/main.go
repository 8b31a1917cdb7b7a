// Channel-pool serves with a pool of workers that share a channel.
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
	for range *n {
		workers.Go(func() {
			for job := range jobs {
				job()
			}
		})
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		jobs <- func() { handle(conn) } // blocks when a hundred jobs wait
	}
}
