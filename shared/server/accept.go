package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = time.Second
	sameBurst  = 10 * time.Second // between two failures that the log counts as one
)

// listener is what a strategy accepts from. Its Accept returns only a client or net.ErrClosed: running out of
// descriptors or buffers, or a client that is gone before it was accepted, is no reason for a server to end.
// net/http's accept loop is the model; it gives up on errors that it does not know, and this one does not.
type listener struct {
	net.Listener
	clients *clients

	failed atomic.Int64 // when Accept last failed, in nanoseconds since 1970
	closed chan struct{}
	once   sync.Once
}

// Accept waits for the next client, and counts and logs it.
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
		return nil, net.ErrClosed
	}
	if logging() {
		slog.Info("accepted "+nc.RemoteAddr().String(), "conn", c.number)
	}
	return c, nil
}

// logFailure writes one line for a burst of failures. A burst goes on although a client gets in now and then,
// whenever another one gives its descriptor back.
func (l *listener) logFailure(err error) {
	now := time.Now()
	last := time.Unix(0, l.failed.Swap(now.UnixNano()))
	if now.Sub(last) > sameBurst {
		slog.Warn(fmt.Sprintf("cannot accept: %v; trying again until it works", cause(err)))
	}
}

// pause waits for d, or until a conversation ends and gives its descriptor back. It returns false once l is
// closed.
func (l *listener) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.clients.freed:
	case <-l.closed:
		return false
	}
	return true
}

// Close closes the listening socket and ends a pause between two tries. It may be called more than once.
func (l *listener) Close() error {
	err := net.ErrClosed
	l.once.Do(func() {
		close(l.closed)
		err = l.Listener.Close()
	})
	return err
}
