// Forgets is wrong: it starts a goroutine for each client and waits for none of them.
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
		go handle(conn)
	}
}
