// Slot-after is wrong: it takes a slot for a client that it has accepted already.
package main

import (
	"net"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

var n = server.Count("n", 2, "serve at most this `number` of clients at once")

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, *n)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		slots <- struct{}{}
		clients.Go(func() {
			defer func() { <-slots }()
			handle(conn)
		})
	}
}
