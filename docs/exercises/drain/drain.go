// Package drain is an exercise: see README.md.
package drain

import (
	"context"
	"net"
	"time"
)

// Serve serves each client in a goroutine of its own with handle, which closes the connection. When ctx
// is done, it closes ln and lets the open conversations end within grace. Then it closes the connections
// of those that have not ended, and returns how many it has closed. It returns when the last handle has
// returned. If Accept fails while ctx is not done, Serve drains in the same way and returns that error.
func Serve(ctx context.Context, grace time.Duration, ln net.Listener, handle func(net.Conn)) (forced int, err error) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	for {
		conn, err := ln.Accept()
		if err != nil && ctx.Err() != nil {
			return 0, nil // change this: some clients are still being served
		}
		if err != nil {
			return 0, err
		}
		go handle(conn)
	}
}
