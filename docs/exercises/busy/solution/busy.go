// Package busy is a solution of the exercise.
package busy

import (
	"net"
	"sync"
	"time"
)

// Busy is what the server sends to a client that it cannot serve now.
const Busy = '!'

// Serve serves at most n clients at a time, each with handle, which closes the connection. It sends
// Busy to every other client and hangs up. It returns when ln is closed and the last client has
// been served.
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
	conn.SetDeadline(time.Now().Add(time.Second)) // the client may never read
	conn.Write([]byte{Busy})
	conn.Close()
}
