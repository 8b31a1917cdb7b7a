// Package server is what every part needs and none of them teaches: flags, the listening socket, deadlines,
// logs, panics, signals and an orderly end. A part brings its [Strategy] and calls [Main]; that is all. Programs
// with a command line of their own use a [Server].
//
// Its files, in the order in which a server comes to them:
//
//	main.go      the command: signals and exit status
//	flags.go     the command line, checked before anything is bound
//	listen.go    the socket, and its settings
//	debug.go     counters and profiles over HTTP
//	server.go    Serve, and the drain at its end
//	accept.go    an Accept that survives what the system throws at it
//	clients.go   who is here, from acceptance to end
//	conn.go      a client's connection: its idle deadline, and its end in good order
//	handle.go    one conversation: its log, its panics, its end
//
// Logs go to [slog.Default], which [Main] sets up. Above [slog.LevelInfo] no line about a client is formatted.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// A Strategy decides which goroutine talks to which client, and when. It accepts from ln until ln is closed,
// calls handle exactly once with each connection just as Accept returned it, and returns when the last handle
// has returned, with the error that Accept gave.
//
// It need not close anything, nor look at errors other than that one: ln retries what can be retried, and
// handle closes its connection and lets no panic through.
type Strategy func(ln net.Listener, handle func(net.Conn)) error

// A Server serves clients by a strategy. Set its fields before [Server.Serve], which may be called once.
type Server struct {
	Strategy     Strategy
	Conversation protocol.Conversation
	IdleTimeout  time.Duration // how long a client may take to send something, or to take one reply; 0 for ever
	Drain        time.Duration // how long open conversations may take to end once ctx is done

	clients clients
}

// afterForce is how long Serve waits for conversations to notice that their connections are gone.
const afterForce = 50 * time.Millisecond

// Serve serves the clients of ln until ctx is done, then drains: it closes ln and every client that has been
// accepted but not greeted, gives the open conversations the time s.Drain to end, and closes what is left.
// It returns how many conversations it closed by force, and an error only if the strategy gave up by itself.
// It closes ln. A conversation that was closed by force has a moment to notice; one that computes or sleeps may
// still run when Serve returns.
func (s *Server) Serve(ctx context.Context, ln net.Listener) (forced int, err error) {
	l := &listener{Listener: ln, clients: &s.clients, closed: make(chan struct{})}
	defer l.Close()
	s.clients.freed = make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() { ended <- s.runStrategy(l) }()

	select {
	case err := <-ended: // whom it has left behind, nobody will serve
		s.clients.stop()
		s.clients.closeAll()
		return 0, err
	case <-ctx.Done():
	}
	l.Close()
	if talking := s.clients.stop(); talking > 0 {
		slog.Info(fmt.Sprintf("stopping: %s may end within %v; a second signal ends at once", conversations(talking), s.Drain))
	}
	drained := time.NewTimer(s.Drain)
	defer drained.Stop()
	select {
	case err := <-ended:
		return 0, unlessClosed(err)
	case <-drained.C:
	}
	forced = s.clients.closeAll()
	drained.Reset(afterForce)
	select {
	case err = <-ended:
	case <-drained.C: // a conversation is busy elsewhere than on its connection
	}
	return forced, unlessClosed(err)
}

// runStrategy runs the strategy to its end. A conversation that calls runtime.Goexit takes its goroutine with
// it, and where that is the strategy's own, as in part 1, the strategy begins again.
func (s *Server) runStrategy(ln net.Listener) error {
	for {
		result := make(chan error, 1)
		go func() {
			defer close(result)
			result <- s.Strategy(ln, s.handle)
		}()
		if err, returned := <-result; returned {
			return err
		}
		slog.Warn("the strategy's goroutine was ended by runtime.Goexit: starting it again")
	}
}

func conversations(n int) string {
	if n == 1 {
		return "1 conversation"
	}
	return fmt.Sprintf("%d conversations", n)
}

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
