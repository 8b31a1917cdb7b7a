// Package busy is a solution of the exercise.
package busy

import (
	"net"
	"sync"
	"time"
)

// Busy is what a client gets that cannot be served now.
const Busy = '!'

// Serve serves at most n clients at a time, each with handle, which closes the connection. Whom it cannot serve it
// tells so, and hangs up. It returns when ln is closed and the last client has been served.
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
			clients.Go(func() { refuse(conn) })
		}
	}
}

func refuse(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(time.Second)) // it may not read
	conn.Write([]byte{Busy})
	conn.Close()
}
