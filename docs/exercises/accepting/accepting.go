// Package accepting is an exercise: see README.md.
package accepting

import (
	"net"
	"sync"
	"time"
)

// After a failure, Accept is tried again after firstRetry, and then after twice as long each time, up to lastRetry.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = time.Second
)

// Serve serves each client in a goroutine of its own with handle, which closes the connection. It returns when ln is
// closed and the last client has been served, with the error that Accept gave. Every other failure of Accept will pass.
func Serve(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err // change this
		}
		clients.Go(func() { handle(conn) })
	}
}
