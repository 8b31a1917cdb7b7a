// Package part4 is wrong: it takes the slot in the goroutine, so it accepts every client at once.
package part4

import (
	"net"
	"sync"
)

// Serve serves at most n clients at once, each in a goroutine of its own. It accepts a client only
// when it can serve it; until then the client waits in the backlog. It calls handle with each
// connection that it accepts; handle talks to the client, closes the connection, and then returns.
// When Accept returns an error, because ln is closed, Serve waits until the last handle has
// returned, and then returns that error.
func Serve(n int, ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, n)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			handle(conn)
		})
	}
}
