// Package accepting is an exercise: see README.md.
package accepting

import (
	"net"
	"sync"
	"time"
)

// After an error, Accept is tried again after firstRetry, and then after twice as long each time, up to
// lastRetry.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = time.Second
)

// Serve serves each client in a goroutine of its own with handle, which closes the connection. When ln
// is closed, Serve waits for the last handle and returns the error of Accept. After every other error
// of Accept it goes on.
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
