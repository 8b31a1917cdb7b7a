// Package drain is wrong: it counts clients that have left.
package drain

import (
	"context"
	"net"
	"sync"
	"time"
)

// Serve serves each client in a goroutine of its own with handle, which closes the connection. When ctx
// is done, it closes ln and lets the open conversations end within grace. Then it closes the connections
// of those that have not ended, and returns how many it has closed. It returns when the last handle has
// returned. If Accept fails while ctx is not done, Serve drains in the same way and returns that error.
func Serve(ctx context.Context, grace time.Duration, ln net.Listener, handle func(net.Conn)) (forced int, err error) {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	talking := clients{open: make(map[net.Conn]struct{})}
	err = talking.accept(ln, handle)
	if ctx.Err() != nil {
		err = nil // the listener was closed on purpose
	}
	ended := make(chan struct{})
	go func() {
		talking.serving.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return 0, err
	case <-time.After(grace):
	}
	forced = talking.closeAll()
	<-ended
	return forced, err
}

// clients are the clients whose conversations have not ended.
type clients struct {
	serving sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]struct{} // guarded by mu
}

// accept serves clients until Accept fails. After it returns, no client is added.
func (cs *clients) accept(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		cs.add(conn) // here, because the goroutine may begin late
		cs.serving.Go(func() {
			handle(conn)
		})
	}
}

func (cs *clients) add(conn net.Conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open[conn] = struct{}{}
}

func (cs *clients) remove(conn net.Conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.open, conn)
}

// closeAll closes the connections of all clients that are left, and returns how many.
func (cs *clients) closeAll() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for conn := range cs.open {
		conn.Close()
	}
	return len(cs.open)
}
