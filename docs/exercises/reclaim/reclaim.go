// Package reclaim is an exercise: see README.md.
package reclaim

import (
	"net"
	"sync"
	"time"
)

// Serve serves at most n clients at a time, each with handle, which closes the connection. If another one comes while
// n are here, Serve hangs up on the one who has been silent longest, as soon as that is grace or more. Until then, or
// until somebody leaves, the newcomer waits. A client is silent while nothing is read from it or written to it. Serve
// returns when ln is closed and the last client has been served.
func Serve(n int, grace time.Duration, ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, n)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		slots <- struct{}{} // change this
		clients.Go(func() {
			defer func() { <-slots }()
			handle(conn)
		})
	}
}
