//go:build exercise

package accepting

import (
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// listener gives out results, one for each call, and is closed then. It notes when it was called.
type listener struct {
	results []any // net.Conn or error
	called  []time.Time
}

func (l *listener) Accept() (net.Conn, error) {
	i := len(l.called)
	l.called = append(l.called, time.Now())
	switch {
	case i > len(l.results)+3:
		runtime.Goexit() // nobody who tries a closed listener again would ever stop
	case i >= len(l.results):
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: net.ErrClosed}
	}
	if conn, ok := l.results[i].(net.Conn); ok {
		return conn, nil
	}
	return nil, l.results[i].(error)
}

func (l *listener) Close() error   { return nil }
func (l *listener) Addr() net.Addr { return nil }

// pauses are the times between one call and the next.
func (l *listener) pauses() string {
	var text []string
	for i := 1; i < len(l.called); i++ {
		text = append(text, l.called[i].Sub(l.called[i-1]).String())
	}
	return strings.Join(text, " ")
}

func TestFailuresThatPassDoNotEndTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(time.Hour) // conversations that Serve has left behind end meanwhile
		full := &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
		gone := &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.ECONNABORTED)}
		odd := errors.New("an error that nobody has seen before")
		_, first := net.Pipe()
		_, second := net.Pipe()
		ln := &listener{results: []any{full, full, full, full, full, full, full, full, full, full, first, gone, odd, second}}
		err := errors.New("nothing")
		served := make(chan net.Conn, 20)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			err = Serve(ln, func(conn net.Conn) {
				time.Sleep(time.Minute)
				served <- conn
			})
		}()
		<-ended
		assert.Equal(t, "5ms 10ms 20ms 40ms 80ms 160ms 320ms 640ms 1s 1s 0s 5ms 10ms 0s", ln.pauses(), "the pauses between "+
			"one Accept and the next: it fails 10 times, gives a client, fails twice, gives a client, and is closed")
		assert.ErrorIs(t, err, net.ErrClosed, "what Serve returned")
		if assert.Equal(t, 2, len(served), "clients that had been served when Serve returned") {
			assert.True(t, <-served == first, "the first client was not handed to handle")
			assert.True(t, <-served == second, "the second client was not handed to handle")
		}
	})
}
