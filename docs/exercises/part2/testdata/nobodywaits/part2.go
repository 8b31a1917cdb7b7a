// Package part2 is wrong: nothing waits for the goroutines that talk to the clients.
package part2

import "net"

// Serve serves every client at once, each in a goroutine of its own. It calls handle with each
// connection that it accepts; handle talks to the client, closes the connection, and then returns.
// When Accept returns an error, because ln is closed, Serve waits until the last handle has
// returned, and then returns that error.
func Serve(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go handle(conn)
	}
}
