// Package reclaim is an exercise: see README.md.
package reclaim

import (
	"net"
	"sync"
	"time"
)

// Serve serves at most n clients at a time, each with handle, which closes the connection. If another
// client comes meanwhile, Serve hangs up on the client that has been silent longest, as soon as that is
// grace or more. The newcomer waits until then, or until a client leaves. A client is silent while
// nothing is read from it or written to it. When ln is closed, Serve waits for the last handle and
// returns the error of Accept.
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
