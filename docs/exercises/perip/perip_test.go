//go:build exercise

package perip

import (
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
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

// from is a connection from a chosen address.
type from struct {
	net.Conn
	addr net.Addr
}

func (c from) RemoteAddr() net.Addr { return c.addr }

func TestNobodyTakesMoreThanTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := &listener{make(chan net.Conn, 20), make(chan struct{})}
		var served sync.WaitGroup
		var returned atomic.Bool
		served.Go(func() {
			defer returned.Store(true)
			assert.ErrorIs(t, Serve(2, ln, func(conn net.Conn) {
				defer conn.Close()
				conn.Write([]byte{'*'})
				said := make([]byte, 1)
				conn.Read(said)
				if said[0] == 'x' {
					runtime.Goexit() // as a bug in a conversation might
				}
			}), net.ErrClosed)
		})
		var here []net.Conn
		comes := func(addr string) (becomes string) { // of a client from addr
			client, server := net.Pipe()
			here = append(here, client)
			ln.conns <- from{server, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr))}
			synctest.Wait()
			if len(ln.conns) > 0 {
				<-ln.conns
				return "is not accepted"
			}
			client.SetDeadline(time.Now().Add(time.Second))
			switch _, err := client.Read(make([]byte, 1)); err {
			case nil:
				return "is served"
			case io.EOF:
				return "is hung up on"
			}
			return "is left waiting"
		}
		assert.Equal(t, "is served", comes("192.0.2.1:1001"))
		assert.Equal(t, "is served", comes("192.0.2.1:1002"))
		assert.Equal(t, "is hung up on", comes("192.0.2.1:1003"), "two from this address are here, from whatever port")
		assert.Equal(t, "is hung up on", comes("192.0.2.1:1003"), "and who was refused has left no place behind")
		assert.Equal(t, "is served", comes("192.0.2.2:1001"), "nobody is here from this address")
		assert.Equal(t, "is served", comes("[2001:db8::1]:1001"))
		assert.Equal(t, "is served", comes("[2001:db8::1]:1002"))
		assert.Equal(t, "is hung up on", comes("[2001:db8::1]:1003"), "two from this address are here")
		assert.Equal(t, "is served", comes("[2001:db8::2]:1001"), "nobody is here from this address")

		here[0].Close()
		synctest.Wait()
		assert.Equal(t, "is served", comes("192.0.2.1:1004"), "one of two has left")
		assert.Equal(t, "is hung up on", comes("192.0.2.1:1005"), "only one has left")
		here[1].Write([]byte{'x'})
		synctest.Wait()
		assert.Equal(t, "is served", comes("192.0.2.1:1006"), "one has left by runtime.Goexit")

		ln.Close()
		synctest.Wait()
		assert.False(t, returned.Load(), "Serve returned before its clients had left")
		for _, client := range here {
			client.Close()
		}
		served.Wait()
	})
}

func TestWhoHasLeftIsForgotten(t *testing.T) {
	l := NewLimit(2)
	assert.True(t, l.Enter("a"))
	assert.True(t, l.Enter("a"))
	assert.False(t, l.Enter("a"), "two are here")
	assert.True(t, l.Enter("b"), "nobody is here from b")
	assert.Equal(t, 2, l.Len(), "a and b")
	l.Leave("a")
	assert.Equal(t, 2, l.Len(), "one is still here from a")
	l.Leave("a")
	l.Leave("b")
	assert.Equal(t, 0, l.Len(), "everybody has left: an address kept for each client who was ever here is a leak")
}

func TestManyAtOnceDoNotOverfillIt(t *testing.T) {
	for range 100 {
		l := NewLimit(10)
		var entered atomic.Int64
		var entering sync.WaitGroup
		for range 50 {
			entering.Go(func() {
				if l.Enter("a") {
					entered.Add(1)
				}
			})
		}
		entering.Wait()
		if !assert.Equal(t, int64(10), entered.Load()) {
			return
		}
	}
}
