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

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

const stuck = "Clients wait for ever: Serve neither accepts nor returns."

const (
	served  = "is served"
	hungUp  = "is hung up on"
	waiting = "waits, without a word"
)

// dial connects a client from addr and checks what happens to it. The client hangs up when the test
// ends, if not before.
func dial(t *testing.T, ln *memnet.Listener, addr, want, why string) *memnet.Conn {
	t.Helper()
	client := ln.DialFrom(addr)
	t.Cleanup(func() { client.Close() })
	client.SetReadDeadline(time.Now().Add(time.Second))
	got := waiting
	if _, err := client.Read(make([]byte, 1)); err == nil {
		got = served
	} else if errors.Is(err, io.EOF) {
		got = hungUp
	}
	if got != want {
		t.Fatalf("A client comes from %s. %s, and the limit is 2. The client %s. Want: it %s.",
			addr, why, got, want)
	}
	return client
}

// greet serves a client until it hangs up.
func greet(conn net.Conn) {
	defer conn.Close()
	conn.Write([]byte{'*'})
	conn.Read(make([]byte, 1))
}

func TestEachAddressHasItsShare(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		ln := memnet.Listen()
		defer ln.Close()
		go Serve(2, ln, greet)
		first := dial(t, ln, "192.0.2.1:1001", served, "It is the first from its address")
		dial(t, ln, "192.0.2.1:1002", served, "It is the second from its address, and the first one is still served")
		dial(t, ln, "192.0.2.1:1003", hungUp, "It is the third from its address, whatever its port")
		dial(t, ln, "192.0.2.1:1003", hungUp, "A third one was refused, which frees no place, and another one comes")
		dial(t, ln, "192.0.2.2:1001", served, "It is the first from its address")
		dial(t, ln, "[2001:db8::1]:1001", served, "It is the first from its address")
		dial(t, ln, "[2001:db8::1]:1002", served, "It is the second from its address")
		dial(t, ln, "[2001:db8::1]:1003", hungUp, "It is the third from its address")
		dial(t, ln, "[2001:db8::2]:1001", served, "It is the first from its address")
		first.Close()
		synctest.Wait()
		dial(t, ln, "192.0.2.1:1004", served, "One of two has left, and another one comes")
		dial(t, ln, "192.0.2.1:1005", hungUp, "One of two has left, and two come: it is the second")
	})
}

func TestServeWaitsForItsClients(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		ln := memnet.Listen()
		returned := make(chan error, 1)
		go func() { returned <- Serve(2, ln, greet) }()
		dial(t, ln, "192.0.2.1:1001", served, "It is the first from its address")
		ln.Close()
		synctest.Wait()
		if len(returned) > 0 {
			t.Fatal("The listener was closed, and Serve returned while a client was being served. " +
				"A program that ends now cuts it off.")
		}
	})
}

func TestServerCountsRefusals(t *testing.T) {
	slog.SetLogLoggerLevel(slog.LevelWarn) // no lines about single clients
	bubble.Run(t, stuck, func(t *testing.T) {
		s := server.New(func(ln net.Listener, handle func(net.Conn)) error { return Serve(2, ln, handle) }, protocol.Message)
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		var serving sync.WaitGroup
		serving.Go(func() { s.Serve(ctx, ln) })
		defer serving.Wait()
		defer stop()
		first := dial(t, ln, "192.0.2.1:1001", served, "It is the first from its address")
		second := dial(t, ln, "192.0.2.1:1002", served, "It is the second from its address")
		for range 1000 {
			dial(t, ln, "192.0.2.1:1003", hungUp, "It is one of a thousand from an address with two clients")
		}
		first.Close()
		second.Close()
		synctest.Wait()
		if want := (server.Counters{Accepted: 1002, Served: 2, Refused: 1000}); s.Counters() != want {
			t.Fatalf("2 clients were served and 1000 were refused, and then all left. The server counts %+v. It should count %+v.",
				s.Counters(), want)
		}
	})
}

func TestAddressesAreForgotten(t *testing.T) {
	l := NewLimit(2)
	for i, want := range []bool{true, true, false} {
		if got := l.Enter("a"); got != want {
			t.Fatalf("Client number %d comes from an address with a limit of 2, and Enter returns %v. It should return %v.", i+1, got, want)
		}
	}
	l.Enter("b")
	l.Leave("a")
	if n := l.Len(); n != 2 {
		t.Fatalf("One client is here from each of 2 addresses, and Len returns %d.", n)
	}
	l.Leave("a")
	l.Leave("b")
	if n := l.Len(); n != 0 {
		t.Fatalf("All clients have left, and the limit still keeps %d addresses. Clients from many addresses "+
			"could fill the server's memory.", n)
	}
}

// An Enter that looks and counts under two locks fails this only now and then, and on one processor
// never.
func TestManyClientsAtOnce(t *testing.T) {
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
		if n := entered.Load(); n != 10 {
			t.Fatalf("50 clients come at once from an address with a limit of 10, and %d are served. It should be 10.", n)
		}
	}
}
