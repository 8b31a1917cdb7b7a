// Part 1 serves one client at a time, in the accept loop itself.
package main

import (
	"net"

	"example.com/concurrent-servers/shared/server"
)

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		handle(conn) // the other clients wait in the kernel's backlog
	}
}
