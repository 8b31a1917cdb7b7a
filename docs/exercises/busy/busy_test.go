//go:build exercise

package busy

import (
	"context"
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

// A listener counts the connections that the server has accepted and not closed.
type listener struct {
	*memnet.Listener
	open atomic.Int64
}

func listen() *listener { return &listener{Listener: memnet.Listen()} }

func (l *listener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &conn{nc, sync.OnceFunc(func() { l.open.Add(-1) })}, nil
}

type conn struct {
	net.Conn
	closed func()
}

func (c *conn) Close() error {
	c.closed()
	return c.Conn.Close()
}

// dial connects a client that hangs up when the test ends, if not before.
func dial(t *testing.T, ln interface{ Dial() *memnet.Conn }) *memnet.Conn {
	client := ln.Dial()
	t.Cleanup(func() { client.Close() })
	return client
}

// wantRead checks what the client reads within a minute: a byte, or EOF if the server hangs up.
func wantRead(t *testing.T, client net.Conn, want, why string) {
	t.Helper()
	client.SetReadDeadline(time.Now().Add(time.Minute))
	buf := make([]byte, 1)
	n, err := client.Read(buf)
	got := string(buf[:n])
	if err != nil {
		got = err.Error()
	}
	says := map[string]string{"*": `a greeting, "*"`, "!": `that the server is busy, "!"`, "EOF": "the end of the stream"}
	if got != want {
		if _, ok := says[got]; !ok {
			says[got] = "nothing for a minute (" + got + ")"
		}
		t.Fatalf("%s: this client reads %s. It should read %s.", why, says[got], says[want])
	}
}

// greet serves a client until leave says that it leaves.
func greet(leave <-chan struct{}) func(net.Conn) {
	return func(conn net.Conn) {
		defer conn.Close()
		conn.Write([]byte{'*'})
		<-leave
	}
}

func TestClientsThatItCannotServeAreRefused(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		leave := make(chan struct{})
		defer close(leave)
		ln := listen()
		defer ln.Close()
		go Serve(2, ln, greet(leave))
		wantRead(t, dial(t, ln), "*", "The first client of a server for two")
		wantRead(t, dial(t, ln), "*", "The second client of a server for two")
		refused := dial(t, ln)
		wantRead(t, refused, "!", "The third client of a server for two")
		wantRead(t, refused, "EOF", "The third client of a server for two, which has been told that the server is busy")
		wantRead(t, dial(t, ln), "!", "The fourth client of a server for two")
		leave <- struct{}{}
		synctest.Wait()
		wantRead(t, dial(t, ln), "*", "One of two clients has left, and another one comes")
		wantRead(t, dial(t, ln), "!", "One of two clients has left, and two come: the second of them")
	})
}

func TestServeWaitsForItsClients(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		leave := make(chan struct{}, 1)
		ln := listen()
		returned := make(chan int64, 1) // how many connections are open then
		go func() {
			Serve(1, ln, greet(leave))
			returned <- ln.open.Load()
		}()
		wantRead(t, dial(t, ln), "*", "The first client of a server for one")
		ln.Close()
		synctest.Wait()
		if len(returned) > 0 {
			leave <- struct{}{}
			t.Fatal("The listener was closed, and Serve returned while a client was being served. " +
				"A program that ends now cuts it off.")
		}
		leave <- struct{}{}
		if n := <-returned; n > 0 {
			t.Fatalf("The last client has left, and Serve has returned with %d connections open.", n)
		}
	})
}

func TestServeWaitsForItsRefusals(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		leave := make(chan struct{}, 1)
		ln := listen()
		returned := make(chan int64, 1)
		go func() {
			Serve(1, ln, greet(leave))
			returned <- ln.open.Load()
		}()
		wantRead(t, dial(t, ln), "*", "The first client of a server for one")
		began := time.Now()
		dial(t, ln) // is refused and does not read
		synctest.Wait()
		leave <- struct{}{}
		ln.Close()
		n := <-returned
		if took := time.Since(began); took > time.Second {
			t.Fatalf("The listener was closed, and a client that was refused does not read. Serve returned after %v. "+
				"It should hang up on such a client within a second.", took)
		}
		if n > 0 {
			time.Sleep(time.Hour)
			t.Fatal("Serve has returned, and one of its goroutines still tells a client that the server is busy. " +
				"A program that ends now hangs up on that client without a word.")
		}
	})
}

func TestClientThatDoesNotReadHoldsUpNobody(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		ln := memnet.Listen()
		defer ln.Close()
		go Serve(1, ln, func(conn net.Conn) {
			defer conn.Close()
			conn.Write([]byte{'*'})
			conn.Read(make([]byte, 1))
		})
		served := dial(t, ln)
		wantRead(t, served, "*", "The first client of a server for one")
		dial(t, ln) // is refused and does not read
		time.Sleep(time.Minute)
		wantRead(t, dial(t, ln), "!", "The client before has been refused and does not read")
		served.Close()
		synctest.Wait()
		wantRead(t, dial(t, ln), "*", "A client has been refused and does not read, and the one that was served has left")
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
		first, second := dial(t, ln), dial(t, ln)
		wantRead(t, first, "*", "The first client of a server for two")
		wantRead(t, second, "*", "The second client of a server for two")
		for range 1000 {
			refused := dial(t, ln)
			wantRead(t, refused, "!", "One of a thousand clients that the server can't serve")
			wantRead(t, refused, "EOF", "One of a thousand clients that the server has refused")
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
