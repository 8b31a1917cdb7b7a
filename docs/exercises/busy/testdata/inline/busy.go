// Package busy is wrong: the accept loop itself refuses, and waits for a client that does not read.
package busy

import (
	"net"
	"sync"
)

// Busy is what the server sends to a client that it can't serve now.
const Busy = '!'

// Serve serves at most n clients at a time, each with handle, which closes the connection. It sends
// Busy to every other client and hangs up, after a second at most if the client doesn't read. When ln
// is closed, Serve waits until it has ended all conversations, refusals included, and returns the error
// of Accept.
func Serve(n int, ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, n)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		select {
		case slots <- struct{}{}:
			clients.Go(func() {
				defer func() { <-slots }()
				handle(conn)
			})
		default:
			refuse(conn)
		}
	}
}

// refuse sends Busy and hangs up.
func refuse(conn net.Conn) {
	conn.Write([]byte{Busy})
	conn.Close()
}
