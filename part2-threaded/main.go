// Part 2 serves every client at once, in a goroutine each.
package main

import (
	"net"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() { handle(conn) }) // no client waits, and the number of clients has no limit
	}
}
