//go:build exercise

package predict

import (
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/part3-pool/pool"
	"example.com/concurrent-servers/shared/memnet"
)

// The servers, by the names that the situations give them. The pool is that of part 3; the other parts
// are programs, so their strategies are repeated below.
var servers = map[string]func(n int, ln net.Listener, handle func(net.Conn)){
	"part 1":                             sequential,
	"part 2":                             threaded,
	"part 3":                             pooled,
	"part 4":                             bounded,
	"part 4, with the slot after Accept": slotAfter,
}

func TestYouKnowWhatHappens(t *testing.T) {
	before := slog.SetLogLoggerLevel(slog.LevelWarn) // no lines of the pool about its jobs
	defer slog.SetLogLoggerLevel(before)
	if len(Situations) != 7 {
		t.Fatalf("There are %d situations. Leave the seven as they are, and complete them.", len(Situations))
	}
	for i, s := range Situations {
		accepted, greeted := happens(t, s)
		what := fmt.Sprintf("Situation %d of %d, %v", i+1, len(Situations), s)
		if len(s.Accepted) != len(s.Arrives) || len(s.Greeted) != len(s.Arrives) {
			t.Fatalf("%s\nThere are %d clients: write %d numbers for Accepted and for Greeted.", what, len(s.Arrives), len(s.Arrives))
		}
		for c := range s.Arrives {
			if s.Accepted[c] != accepted[c] {
				t.Fatalf("%s\nClient %d was accepted after %d s. You predicted %d s.", what, c+1, accepted[c], s.Accepted[c])
			}
			if s.Greeted[c] != greeted[c] {
				t.Fatalf("%s\nClient %d was accepted after %d s, as you predicted, and greeted after %d s. You predicted %d s.",
					what, c+1, accepted[c], greeted[c], s.Greeted[c])
			}
		}
	}
}

func (s Situation) String() string {
	name := s.Server
	if s.N > 0 {
		name += fmt.Sprintf(" (n = %d)", s.N)
	}
	return fmt.Sprintf("%s: clients come at %v s and stay for %v s.", name, s.Arrives, s.Stays)
}

// happens lets the situation happen in fake time.
func happens(t *testing.T, s Situation) (accepted, greeted []int) {
	serve := servers[s.Server]
	if serve == nil || len(s.Stays) != len(s.Arrives) {
		t.Fatalf("There is no such situation as %v Leave Server, N, Arrives and Stays as they are.", s)
	}
	accepted, greeted = make([]int, len(s.Arrives)), make([]int, len(s.Arrives))
	synctest.Test(t, func(*testing.T) {
		began := time.Now()
		now := func() int { return int(time.Since(began) / time.Second) }
		ln := &watched{Listener: memnet.Listen(), acceptedNext: func(i int) { accepted[i] = now() }}
		var serving, clients sync.WaitGroup
		serving.Go(func() { serve(s.N, ln, greet) })
		for i, arrives := range s.Arrives {
			time.Sleep(time.Until(began.Add(time.Duration(arrives) * time.Second)))
			conn := ln.Dial()
			clients.Go(func() {
				conn.Read(make([]byte, 1))
				greeted[i] = now()
				time.Sleep(time.Duration(s.Stays[i]) * time.Second)
				conn.Close()
			})
			synctest.Wait()
		}
		clients.Wait()
		ln.Close()
		serving.Wait()
	})
	return accepted, greeted
}

// watched is a listener that reports each client that is accepted, by its number in the order of
// arrival.
type watched struct {
	*memnet.Listener
	acceptedNext func(int)
	n            int
}

func (l *watched) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.acceptedNext(l.n)
		l.n++
	}
	return conn, err
}

// greet talks to a client until it hangs up.
func greet(conn net.Conn) {
	defer conn.Close()
	conn.Write([]byte{'*'})
	conn.Read(make([]byte, 1))
}

func sequential(_ int, ln net.Listener, handle func(net.Conn)) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		handle(conn)
	}
}

func threaded(_ int, ln net.Listener, handle func(net.Conn)) {
	var clients sync.WaitGroup
	defer clients.Wait()
	sequential(0, ln, func(conn net.Conn) { clients.Go(func() { handle(conn) }) })
}

func pooled(n int, ln net.Listener, handle func(net.Conn)) {
	workers, err := pool.New(n)
	if err != nil {
		panic(err)
	}
	defer workers.Close()
	sequential(0, ln, func(conn net.Conn) { workers.Execute(func() { handle(conn) }) })
}

func bounded(n int, ln net.Listener, handle func(net.Conn)) {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, n)
	for {
		slots <- struct{}{}
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		clients.Go(func() {
			defer func() { <-slots }()
			handle(conn)
		})
	}
}

func slotAfter(n int, ln net.Listener, handle func(net.Conn)) {
	slots := make(chan struct{}, n)
	var clients sync.WaitGroup
	defer clients.Wait()
	sequential(0, ln, func(conn net.Conn) {
		slots <- struct{}{} // the loop waits here with a client that it has accepted
		clients.Go(func() {
			defer func() { <-slots }()
			handle(conn)
		})
	})
}
