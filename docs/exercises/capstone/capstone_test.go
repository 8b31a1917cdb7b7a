//go:build exercise

package capstone

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/server"
	"example.com/concurrent-servers/shared/servertest"
)

const (
	workers    = 2
	processors = 2
	work       = 10 * time.Millisecond  // what a request computes
	patience   = 100 * time.Millisecond // when a client leaves that has heard nothing
	each       = work / processors      // the server can compute one request in this time
	soon       = patience / 2           // when a client must know that it is refused
)

func TestYourServerBeatsDegradation(t *testing.T) {
	clients := press(t, 8, 16*each, 10)
	for i, c := range clients {
		if !c.answered() {
			t.Fatalf("At half its capacity the server has time for everybody. But clients come in groups of 8, "+
				"and client %d of group %d %v.", 1+i%8, 1+i/8, c)
		}
	}

	clients = press(t, 1, each/4, 1600)
	var answered, refused int
	for _, c := range clients {
		switch {
		case c.answered():
			answered++
		case c.refused():
			refused++
		}
	}
	t.Logf("At 4 times its capacity, of %d clients %d were answered within their patience, %v. "+
		"%d were told that the server is busy, within %v. %d got nothing of the kind.",
		len(clients), answered, patience, refused, soon, len(clients)-answered-refused)
	if can := len(clients) / 4; 5*answered < 4*can {
		t.Fatalf("The server has time to compute for %d clients. It must answer 80 %% of them, %d, while they are there.", can, can*4/5)
	}
	for i, c := range clients {
		if !c.answered() && !c.refused() {
			t.Fatalf("Client %d %v. It could have gone elsewhere if the server had told it so.", i+1, c)
		}
	}

	servertest.JudgeRefusing(t, serving(3), 2, 3)
	servertest.Judge(t, serving(100_000), servertest.Promise{Greeted: 2, Accepted: servertest.All})
}

func serving(q int) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error { return Serve(workers, q, ln, handle) }
}

// A client is what has become of one.
type client struct {
	heard byte // 0 for nothing
	after time.Duration
}

func (c client) answered() bool { return c.heard == '*' }
func (c client) refused() bool  { return c.heard == '!' && c.after <= soon }

func (c client) String() string {
	switch {
	case c.answered():
		return fmt.Sprintf("was answered after %v", c.after)
	case c.refused():
		return fmt.Sprintf("was told after %v that the server is busy", c.after)
	case c.heard == '!':
		return fmt.Sprintf("was told only after %v that the server is busy", c.after)
	case c.after < patience:
		return fmt.Sprintf("was hung up on without a word after %v", c.after)
	}
	return fmt.Sprintf("heard nothing for %v, and left", patience)
}

// ask connects a client. The answer to its request is a byte.
func ask(ln *memnet.Listener) client {
	began := time.Now()
	conn := ln.Dial()
	defer conn.Close()
	conn.SetReadDeadline(began.Add(patience))
	heard := make([]byte, 1)
	conn.Read(heard)
	return client{heard[0], time.Since(began)}
}

// press lets groups of so many clients come to the server, one every so often, and returns what has
// become of them. All of it happens in fake time.
func press(t *testing.T, size int, every time.Duration, groups int) []client {
	t.Helper()
	before := slog.SetLogLoggerLevel(slog.LevelWarn) // no lines about single clients
	defer slog.SetLogLoggerLevel(before)
	all := make([]client, size*groups)
	bubble.Run(t, "All clients have left, the listener is closed, and a goroutine of the server still waits.", func(t *testing.T) {
		m := make(machine, processors)
		s := server.New(serving(Waiting), func(client io.ReadWriter) error {
			m.compute()
			_, err := client.Write([]byte{'*'})
			return err
		})
		s.Busy, s.Drain = []byte{'!'}, time.Hour
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		var serving, asking sync.WaitGroup
		serving.Go(func() { s.Serve(ctx, ln) })
		for i := range all {
			asking.Go(func() { all[i] = ask(ln) })
			synctest.Wait() // until a worker that is free has this client, or each result would be luck
			if i%size == size-1 {
				time.Sleep(every)
			}
		}
		asking.Wait()
		stop()
		serving.Wait()
	})
	return all
}

// A machine has a few processors, which the requests under way share in turns, a slice of time each.
type machine chan struct{}

func (m machine) compute() {
	const slices = 10
	for range slices {
		m <- struct{}{}
		time.Sleep(work / slices)
		<-m
	}
}
