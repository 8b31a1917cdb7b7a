// Package drain is a solution of the exercise.
package drain

import (
	"context"
	"net"
	"sync"
	"time"
)

// Serve serves each client in a goroutine of its own with handle, which closes the connection, until ctx is done. Then
// it closes ln, lets the open conversations end within grace, and closes the connections of those that have not. It
// returns how many that were, when the last handle has returned. The error is that of Accept, if it was not ctx that
// ended it.
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

// clients are those whose conversations have not ended.
type clients struct {
	serving sync.WaitGroup
	mu      sync.Mutex
	open    map[net.Conn]struct{} // guarded by mu
}

// accept serves clients until Accept fails. When it has returned, nobody is added any more.
func (cs *clients) accept(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		cs.add(conn) // here, and not in the goroutine, which may begin late
		cs.serving.Go(func() {
			defer cs.remove(conn)
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

// closeAll closes the connections of all who are still here, and returns how many they are.
func (cs *clients) closeAll() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for conn := range cs.open {
		conn.Close()
	}
	return len(cs.open)
}
