// Package drain is an exercise: see README.md.
package drain

import (
	"context"
	"net"
	"time"
)

// Serve serves each client in a goroutine of its own with handle, which closes the connection, until ctx is done. Then
// it closes ln, lets the open conversations end within grace, and closes the connections of those that have not. It
// returns how many that were, when the last handle has returned. The error is that of Accept, if it was not ctx that
// ended it.
func Serve(ctx context.Context, grace time.Duration, ln net.Listener, handle func(net.Conn)) (forced int, err error) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	for {
		conn, err := ln.Accept()
		if err != nil && ctx.Err() != nil {
			return 0, nil // change this: some are still talking
		}
		if err != nil {
			return 0, err
		}
		go handle(conn)
	}
}
