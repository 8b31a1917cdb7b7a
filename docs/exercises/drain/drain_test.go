//go:build exercise

package drain

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
	"example.com/concurrent-servers/shared/memnet"
)

const (
	stop  = time.Hour // when the server is told to stop
	grace = 10 * time.Second

	stuck = "The server never ends: Serve waits, and nothing is left to wait for."
)

var drains = []struct {
	clients string
	leave   []time.Duration // when the clients hang up
	late    time.Duration   // how long handle needs after the end of its connection
	took    time.Duration   // from the stop until Serve returns
	forced  int
}{
	{"no client has come", nil, 0, 0, 0},
	{"all clients have left", []time.Duration{stop / 2, stop / 3}, 0, 0, 0},
	{"one client is there, and leaves 5s later", []time.Duration{stop / 2, stop + grace/2}, 0, grace / 2, 0},
	{"one client is there, and stays", []time.Duration{10 * stop}, 0, grace, 1},
	{"two clients are there that stay, and one that leaves 5s later",
		[]time.Duration{stop / 2, stop + grace/2, 10 * stop, 20 * stop}, 0, grace, 2},
	{"one client is there, and stays, and its handle needs 3s after its connection is closed",
		[]time.Duration{10 * stop}, 3 * time.Second, grace + 3*time.Second, 1},
}

func TestConversationsMayEndWithinGrace(t *testing.T) {
	for _, d := range drains {
		bubble.Run(t, stuck, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), stop)
			defer cancel()
			ln := memnet.Listen()
			for _, leaves := range d.leave {
				client := ln.Dial()
				time.AfterFunc(leaves, func() { client.Close() })
			}
			ends := make(chan error, 10)                    // of the conversations
			time.AfterFunc(100*stop, func() { ln.Close() }) // so that any Serve ends
			began := time.Now()
			forced, err := Serve(ctx, grace, ln, func(conn net.Conn) {
				_, err := conn.Read(make([]byte, 1))
				time.Sleep(d.late)
				conn.Close()
				ends <- err
			})
			took, ended := time.Since(began)-stop, len(ends)
			if err != nil {
				t.Fatalf("The server is told to stop, and %s. Serve returns the error %v. It should return nil.", d.clients, err)
			}
			if ended < len(d.leave) {
				t.Fatalf("The server is told to stop, and %s. Serve returns %v later. Clients that are still being served then: %d. "+
					"A program that ends now cuts them off.", d.clients, took, len(d.leave)-ended)
			}
			cut := 0
			for range ended {
				if <-ends != io.EOF { // the client had not hung up
					cut++
				}
			}
			if took != d.took || cut != d.forced {
				t.Fatalf("The server is told to stop, and %s. Serve closes %d connections and returns %v later. "+
					"It should close %d and return %v later; grace is %v.", d.clients, cut, took, d.forced, d.took, grace)
			}
			if forced != d.forced {
				t.Fatalf("The server is told to stop, and %s. Serve closes %d connections, and says that it has closed %d.",
					d.clients, cut, forced)
			}
		})
	}
}

func TestListenerIsClosedAtTheStop(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		defer time.Sleep(stop) // what Serve has left behind ends
		ctx, cancel := context.WithTimeout(t.Context(), stop)
		defer cancel()
		ln := memnet.Listen()
		client := ln.Dial()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			Serve(ctx, grace, ln, func(conn net.Conn) {
				conn.Read(make([]byte, 1))
				conn.Close()
			})
		}()
		time.Sleep(stop + grace/2)
		late := ln.Dial()
		late.SetReadDeadline(time.Now().Add(time.Second))
		_, err := late.Read(make([]byte, 1))
		ln.Close()
		late.Close()
		client.Close()
		<-ended
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("A client comes while the server drains. It is connected, and its read ends with %v. "+
				"It should be refused at once, so that it can go elsewhere.", err)
		}
	})
}

func TestListenerThatFails(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		defer time.Sleep(stop)
		broken := errors.New("the listener is broken")
		ln := memnet.Listen()
		defer ln.Close()
		client := ln.Dial()
		ctx, cancel := context.WithTimeout(t.Context(), stop)
		defer cancel()
		time.AfterFunc(time.Second, func() { ln.Fail(broken) })
		time.AfterFunc(time.Second+grace/2, func() { client.Close() })
		ended := make(chan struct{})
		forced, err := Serve(ctx, grace, ln, func(conn net.Conn) {
			defer close(ended)
			conn.Read(make([]byte, 1))
			conn.Close()
		})
		if err == nil || !errors.Is(err, broken) {
			t.Fatalf("Accept failed, and Serve returned %v. It should return the error of Accept: no client can come any more.", err)
		}
		select {
		case <-ended:
		default:
			t.Fatal("Accept failed, and Serve returned that error while a client was being served. " +
				"A program that ends now cuts it off.")
		}
		if forced != 0 {
			t.Fatalf("Accept failed, and the only client left within grace. Serve says that it has closed %d connections.", forced)
		}
	})
}
