//go:build exercise

package perip

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

// dial connects a client from addr and says what becomes of it. The client hangs up when the test
// ends, if not before.
func dial(t *testing.T, ln *memnet.Listener, addr string) (client *memnet.Conn, becomes string) {
	client = ln.DialFrom(addr)
	t.Cleanup(func() { client.Close() })
	client.SetReadDeadline(time.Now().Add(time.Second))
	_, err := client.Read(make([]byte, 1))
	switch {
	case err == nil:
		return client, "is served"
	case errors.Is(err, io.EOF):
		return client, "is hung up on"
	}
	return client, "is left waiting"
}

func TestNobodyTakesMoreThanTheirShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen()
		returned := make(chan error, 1)
		go func() {
			returned <- Serve(2, ln, func(conn net.Conn) {
				defer conn.Close()
				conn.Write([]byte{'*'})
				conn.Read(make([]byte, 1)) // until the client hangs up
			})
		}()
		comes := func(addr string) (becomes string) {
			_, becomes = dial(t, ln, addr)
			return becomes
		}
		first, becomes := dial(t, ln, "192.0.2.1:1001")
		assert.Equal(t, "is served", becomes)
		assert.Equal(t, "is served", comes("192.0.2.1:1002"))
		assert.Equal(t, "is hung up on", comes("192.0.2.1:1003"), "two clients from this address are served, from whatever port")
		assert.Equal(t, "is hung up on", comes("192.0.2.1:1003"), "a client that was refused had no place to give back")
		assert.Equal(t, "is served", comes("192.0.2.2:1001"), "no client from this address is served")
		assert.Equal(t, "is served", comes("[2001:db8::1]:1001"))
		assert.Equal(t, "is served", comes("[2001:db8::1]:1002"))
		assert.Equal(t, "is hung up on", comes("[2001:db8::1]:1003"), "two clients from this address are served")
		assert.Equal(t, "is served", comes("[2001:db8::2]:1001"), "no client from this address is served")

		first.Close()
		synctest.Wait()
		assert.Equal(t, "is served", comes("192.0.2.1:1004"), "one of two clients has left")
		assert.Equal(t, "is hung up on", comes("192.0.2.1:1005"), "only one client has left")

		ln.Close()
		synctest.Wait()
		assert.Empty(t, returned, "Serve returned before its clients had left")
	})
}

func TestTheServerForgetsTheClientsThatAreRefused(t *testing.T) {
	slog.SetLogLoggerLevel(slog.LevelWarn) // no lines about single clients
	synctest.Test(t, func(t *testing.T) {
		s := server.New(func(ln net.Listener, handle func(net.Conn)) error { return Serve(2, ln, handle) }, protocol.Message)
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		var serving sync.WaitGroup
		serving.Go(func() {
			forced, err := s.Serve(ctx, ln)
			assert.NoError(t, err)
			assert.Zero(t, forced, "conversations that the server had to end by force")
		})
		defer serving.Wait()
		defer stop()
		first, becomes := dial(t, ln, "192.0.2.1:1001")
		require.Equal(t, "is served", becomes)
		second, becomes := dial(t, ln, "192.0.2.1:1002")
		require.Equal(t, "is served", becomes)
		for range 1000 {
			_, becomes = dial(t, ln, "192.0.2.1:1003")
			require.Equal(t, "is hung up on", becomes)
		}
		first.Close()
		second.Close()
		synctest.Wait()
		assert.Equal(t, server.Counters{Accepted: 1002, Served: 2, Refused: 1000}, s.Counters())
	})
}

func TestWhoHasLeftIsForgotten(t *testing.T) {
	l := NewLimit(2)
	assert.True(t, l.Enter("a"))
	assert.True(t, l.Enter("a"))
	assert.False(t, l.Enter("a"), "two clients are here")
	assert.True(t, l.Enter("b"), "no client is here from b")
	assert.Equal(t, 2, l.Len(), "a and b")
	l.Leave("a")
	assert.Equal(t, 2, l.Len(), "one client is still here from a")
	l.Leave("a")
	l.Leave("b")
	assert.Equal(t, 0, l.Len(), "all clients have left: keeping an address for each client that was ever here is a leak")
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
