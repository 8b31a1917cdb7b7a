// Package part1 is wrong: it serves the first client only.
package part1

import "net"

// Serve serves one client at a time, in the order in which they come. It calls handle with each
// connection that it accepts; handle talks to the client, closes the connection, and then returns.
// The other clients wait and are not accepted yet. When Accept returns an error, because ln is
// closed, Serve returns that error.
func Serve(ln net.Listener, handle func(net.Conn)) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	handle(conn)
	return nil
}
