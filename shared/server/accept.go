package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"
)

const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = time.Second
	sameBurst  = 10 * time.Second // two failures closer than this are logged as one
)

// listener is what a strategy accepts from. Its Accept returns a client or net.ErrClosed, and no other error:
// a server must not end because it is out of descriptors or buffers, or because a client hung up before it was
// accepted. net/http's accept loop is the model. It gives up on errors that it does not know; this one doesn't.
type listener struct {
	net.Listener
	ctx     context.Context // done when the server stops
	clients *clients
	failed  atomic.Int64 // when Accept failed last, in nanoseconds since 1970
}

// Accept waits for the next client, and counts and logs it. Several goroutines may call it at once.
func (l *listener) Accept() (net.Conn, error) {
	for retry := firstRetry; ; retry = min(2*retry, lastRetry) {
		nc, err := l.Listener.Accept()
		if err == nil {
			return l.accepted(nc)
		}
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		l.logFailure(err)
		if !l.pause(retry) {
			return nil, net.ErrClosed
		}
	}
}

func (l *listener) accepted(nc net.Conn) (net.Conn, error) {
	c := l.clients.add(nc)
	if c == nil {
		nc.Close() // accepted while the server stops: too late to be served
		return nil, net.ErrClosed
	}
	if logging() {
		slog.Info("accepted "+nc.RemoteAddr().String(), "conn", c.number)
	}
	return c, nil
}

// logFailure writes one line for a burst of failures. A success in between does not end the burst: it only
// means that a client has left and given its descriptor back.
func (l *listener) logFailure(err error) {
	now := time.Now()
	last := time.Unix(0, l.failed.Swap(now.UnixNano()))
	if now.Sub(last) > sameBurst {
		slog.Warn(fmt.Sprintf("cannot accept: %v; trying again until it works", cause(err)))
	}
}

// pause waits for d, or until a connection is closed, because then a descriptor is free. It returns false when
// the server stops.
func (l *listener) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.clients.freed:
	case <-l.ctx.Done():
		return false
	}
	return true
}
