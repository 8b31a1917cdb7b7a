// Package part2 is wrong: it waits for each client before it accepts the next one.
package part2

import (
	"net"
	"sync"
)

// Serve serves every client at once, each in a goroutine of its own. It calls handle with each
// connection that it accepts; handle talks to the client, closes the connection, and then returns.
// When Accept returns an error, because ln is closed, Serve waits until the last handle has
// returned, and then returns that error.
func Serve(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() { handle(conn) })
		clients.Wait()
	}
}
