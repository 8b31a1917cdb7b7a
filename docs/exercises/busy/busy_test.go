//go:build exercise

package busy

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

// dial connects a client that hangs up when the test ends, if not before.
func dial(t *testing.T, ln *memnet.Listener) *memnet.Conn {
	client := ln.Dial()
	t.Cleanup(func() { client.Close() })
	return client
}

// hears is what the client reads next.
func hears(client net.Conn) string {
	client.SetReadDeadline(time.Now().Add(time.Minute))
	buf := make([]byte, 1)
	if _, err := client.Read(buf); err != nil {
		return err.Error()
	}
	return string(buf)
}

func TestAClientThatItCannotServeIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leave := make(chan struct{})
		ln := memnet.Listen()
		returned := make(chan error, 1)
		go func() {
			returned <- Serve(2, ln, func(conn net.Conn) {
				defer conn.Close()
				conn.Write([]byte{'*'})
				<-leave
			})
		}()
		assert.Equal(t, "*", hears(dial(t, ln)))
		assert.Equal(t, "*", hears(dial(t, ln)))
		refused := dial(t, ln)
		assert.Equal(t, "!", hears(refused), "two clients are being served")
		assert.Equal(t, "EOF", hears(refused), "and then the server hangs up")
		assert.Equal(t, "!", hears(dial(t, ln)), "two clients are still being served")
		leave <- struct{}{}
		synctest.Wait()
		assert.Equal(t, "*", hears(dial(t, ln)), "one client has left")
		assert.Equal(t, "!", hears(dial(t, ln)), "only one client has left")
		ln.Close()
		synctest.Wait()
		assert.Empty(t, returned, "Serve returned while two clients were being served")
		close(leave)
		synctest.Wait()
		assert.Len(t, returned, 1, "all clients have left, and Serve has not returned")
	})
}

func TestAClientThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen()
		defer ln.Close()
		go Serve(1, ln, func(conn net.Conn) {
			defer conn.Close()
			conn.Write([]byte{'*'})
			conn.Read(make([]byte, 1))
		})
		served := dial(t, ln)
		assert.Equal(t, "*", hears(served))
		dial(t, ln) // never reads that it is refused
		time.Sleep(time.Minute)
		assert.Equal(t, "!", hears(dial(t, ln)), "the client before does not read")
		served.Close()
		synctest.Wait()
		assert.Equal(t, "*", hears(dial(t, ln)), "the client that was served has left")
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
		first, second := dial(t, ln), dial(t, ln)
		require.Equal(t, "*", hears(first))
		require.Equal(t, "*", hears(second))
		for range 1000 {
			refused := dial(t, ln)
			require.Equal(t, "!", hears(refused))
			require.Equal(t, "EOF", hears(refused), "the server has not hung up")
		}
		first.Close()
		second.Close()
		synctest.Wait()
		assert.Equal(t, server.Counters{Accepted: 1002, Served: 2, Refused: 1000}, s.Counters())
	})
}
