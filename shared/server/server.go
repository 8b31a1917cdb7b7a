// Package server is what every part needs and none teaches: flags, the listening socket, deadlines, logs,
// panics, signals and an orderly end. A part brings its [Strategy] and calls [Main]; that is all.
//
// The way of a client through this package is the order of its files:
//
//	listen.go    the socket, and its settings
//	accept.go    an Accept that survives what the system throws at it
//	clients.go   who is here, and what is still owed to them
//	handle.go    one conversation: deadline, log, panic, close
//	server.go    Serve, and the drain at its end
//	main.go      the command: flags, signals, exit status
//	debug.go     counters and profiles over HTTP
//
// Logs go to [slog.Default], which [Main] sets up; a level above [slog.LevelInfo] costs nothing for each client.
package server

import (
	"context"
	"errors"
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
	IdleTimeout  time.Duration // how long a client may neither send nor read; 0 for ever
	Drain        time.Duration // how long open conversations may take to end once ctx is done

	clients clients
}

// afterForce is how long Serve waits for conversations to notice that their connections are gone.
const afterForce = 50 * time.Millisecond

// Serve serves the clients of ln until ctx is done, then drains: it closes ln and every client that has been
// accepted but not greeted, gives the open conversations the time s.Drain to end, and closes what is left.
// It returns how many conversations it closed by force, and an error only if the strategy gave up by itself.
// It closes ln.
func (s *Server) Serve(ctx context.Context, ln net.Listener) (forced int, err error) {
	l := &listener{Listener: ln, clients: &s.clients, closed: make(chan struct{})}
	defer l.Close()
	s.clients.freed = make(chan struct{}, 1)
	ended := make(chan error, 1)
	go func() { ended <- s.runStrategy(l) }()

	select {
	case err := <-ended:
		return 0, err
	case <-ctx.Done():
	}
	l.Close()
	if talking := s.clients.stop(); talking > 0 {
		slog.Info("stopping: open conversations may end within "+s.Drain.String(), "open", talking)
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

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
