// Package accepting is wrong: it goes on only after errors that it knows.
package accepting

import (
	"errors"
	"net"
	"sync"
	"syscall"
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
		conn, err := accept(ln)
		if err != nil {
			return err
		}
		clients.Go(func() { handle(conn) })
	}
}

// accept returns the next client. It returns an error only if ln is closed.
func accept(ln net.Listener) (net.Conn, error) {
	for retry := firstRetry; ; retry = min(2*retry, lastRetry) {
		conn, err := ln.Accept()
		if err == nil || !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ECONNABORTED) {
			return conn, err
		}
		time.Sleep(retry) // trying at once would only keep a processor busy
	}
}
