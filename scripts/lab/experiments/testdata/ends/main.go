// Ends is a server for tests: it ends by itself when some clients have come.
package main

import (
	"net"
	"os"

	"example.com/concurrent-servers/shared/server"
)

const clients = 20

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	for range clients {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go handle(conn)
	}
	os.Exit(1)
	return nil
}
