// Part 3 accepts every client at once and queues them for n workers.
package main

import (
	"net"

	"example.com/concurrent-servers/part3-pool/pool"
	"example.com/concurrent-servers/shared/server"
)

var n = server.Count("n", 2, "serve with this `number` of workers")

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	workers, err := pool.New(*n)
	if err != nil {
		return err
	}
	defer workers.Close()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		workers.Execute(func() { handle(conn) }) // never blocks: the other clients wait in the queue
	}
}
