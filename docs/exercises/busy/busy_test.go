//go:build exercise

package busy

import (
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// listener is a network in memory.
type listener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error   { close(l.closed); return nil }
func (l *listener) Addr() net.Addr { return nil }

// come connects a client and returns its end, or nil if nobody accepts it.
func (l *listener) come() net.Conn {
	here, there := net.Pipe()
	synctest.Wait() // the server has done all that it can do
	select {
	case l.conns <- there:
		return here
	default:
		return nil
	}
}

// hears is what a client reads first.
func hears(client net.Conn) string {
	if client == nil {
		return "was not accepted"
	}
	client.SetReadDeadline(time.Now().Add(time.Minute))
	buf := make([]byte, 1)
	if _, err := client.Read(buf); err != nil {
		return err.Error()
	}
	return string(buf)
}

func TestWhomItCannotServeItTellsSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		ln := &listener{make(chan net.Conn), make(chan struct{})}
		returned := make(chan error, 1)
		go func() {
			returned <- Serve(2, ln, func(conn net.Conn) {
				defer conn.Close()
				conn.Write([]byte{'*'})
				<-leave
			})
		}()
		assert.Equal(t, "*", hears(ln.come()))
		assert.Equal(t, "*", hears(ln.come()))
		refused := ln.come()
		assert.Equal(t, "!", hears(refused), "two are being served")
		assert.Equal(t, "EOF", hears(refused), "and then it hangs up")
		assert.Equal(t, "!", hears(ln.come()), "two are still being served")
		leave <- struct{}{}
		assert.Equal(t, "*", hears(ln.come()), "one has left")
		assert.Equal(t, "!", hears(ln.come()))
		ln.Close()
		synctest.Wait()
		assert.Empty(t, returned, "it returned, and two are still being served")
		close(leave)
		synctest.Wait()
		assert.Len(t, returned, 1, "all have left, and it has not returned")
	})
}

func TestNobodyHoldsItUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := &listener{make(chan net.Conn), make(chan struct{})}
		go Serve(1, ln, func(conn net.Conn) {
			defer conn.Close()
			conn.Write([]byte{'*'})
			conn.Read(make([]byte, 1))
			runtime.Goexit() // it ends, and not in the usual way
		})
		talks := ln.come()
		assert.Equal(t, "*", hears(talks))
		mute := ln.come() // never reads that it is refused
		time.Sleep(time.Minute)
		assert.Equal(t, "!", hears(ln.come()), "somebody before does not read")
		talks.Close()
		last := ln.come()
		assert.Equal(t, "*", hears(last), "the slot is free, however the conversation ended")
		for _, client := range []net.Conn{mute, last} {
			if client != nil {
				client.Close()
			}
		}
		ln.Close()
	})
}
