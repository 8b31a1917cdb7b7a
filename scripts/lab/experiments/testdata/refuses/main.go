// Refuses is a server for tests: it refuses everybody.
package main

import (
	"net"

	"example.com/concurrent-servers/shared/server"
)

func main() { server.Main(serve) }

func serve(ln net.Listener, _ func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		server.Refuse(conn)
	}
}
