// Package busy is an exercise: see README.md.
package busy

import "net"

// Busy is what the server sends to a client that it can't serve now.
const Busy = '!'

// Serve serves at most n clients at a time, each with handle, which closes the connection. It sends
// Busy to every other client and hangs up, after a second at most if the client doesn't read. When ln
// is closed, Serve waits until it has ended all conversations, refusals included, and returns the error
// of Accept.
func Serve(n int, ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		handle(conn) // change this
	}
}
