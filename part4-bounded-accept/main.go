// Part 4 serves at most n clients at once, in a goroutine each, and accepts a client only when it can serve it.
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
		slots <- struct{}{} // before Accept: clients we can't serve yet wait in the backlog
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() {
			defer func() { <-slots }()
			handle(conn)
		})
	}
}
