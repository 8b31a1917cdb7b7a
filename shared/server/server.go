// Package server is what every part needs and none of them teaches: flags, the listening socket, deadlines,
// logs, panics, signals and an orderly end. A part brings its [Strategy] and calls [Main]; that is all. Programs
// with a command line of their own use a [Server].
//
// Its files, in the order in which a server comes to them:
//
//	main.go      the command: from the flags to the exit status
//	flags.go     the command line, checked before anything is bound
//	listen.go    the listening socket
//	debug.go     counters and profiles over HTTP
//	server.go    Serve, and the drain at its end
//	accept.go    an Accept that survives what the system throws at it
//	clients.go   the books: who is here, from acceptance to end
//	conn.go      a client's connection: its idle deadline, and its end in good order
//	handle.go    one conversation: its log, its panics, its end
//	refuse.go    no conversation: the client is told so
//
// Logs go to [slog.Default], which [Main] sets up. A line is written before the program goes on: a reader of
// the log that stops reading, and a full pipe to it, can stall the service. The stop does not wait for that.
// Above [slog.LevelInfo] no line about a client is formatted.
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

// A Strategy decides which goroutine talks to which client, and when. It accepts clients from ln until Accept
// returns an error, which means that ln is closed. It calls handle once for each client that it serves. When the
// last handle has returned, the strategy returns that error.
//
// Accept retries temporary errors itself. handle closes the connection, and recovers from panics. The strategy may
// wrap a connection before it calls handle. To refuse a client, it closes the connection instead.
type Strategy func(ln net.Listener, handle func(net.Conn)) error

// A Server serves clients by a strategy. Set its fields before [Server.Serve].
type Server struct {
	IdleTimeout time.Duration // how long a client may take to send something, or to take one reply; 0 for ever
	Drain       time.Duration // how long open conversations may take to end once the server stops
	OSThreads   bool          // lock each conversation to a thread of the operating system
	Busy        []byte        // what [Refuse] says to a client, such as [protocol.Busy]; nil for nothing

	strategy     Strategy
	conversation protocol.Conversation
	clients      *clients
}

// New returns a server that decides by the strategy who talks to a client, and lets it talk as the conversation
// says. Without a change of its fields it has no idle timeout and no drain.
func New(strategy Strategy, conversation protocol.Conversation) *Server {
	return &Server{strategy: strategy, conversation: conversation, clients: newClients()}
}

// afterForce is how long Serve waits for conversations to notice that their connections are closed.
const afterForce = 50 * time.Millisecond

// Serve serves the clients of ln until ctx is done, and then drains: it closes ln and the clients whose
// conversations have not begun, gives the open conversations the time s.Drain to end, and closes what is left.
// It returns how many conversations it has closed by force. The error is nil unless the strategy gave up by
// itself. Serve closes ln. It may be called once.
//
// A conversation that was closed by force has a moment to notice. One that computes or sleeps may still run when
// Serve returns.
func (s *Server) Serve(ctx context.Context, ln net.Listener) (forced int, err error) {
	defer ln.Close()
	s.clients.busy = s.Busy
	ended := make(chan error, 1)
	go func() { ended <- s.strategy(&listener{Listener: ln, ctx: ctx, clients: s.clients}, s.handle) }()

	select {
	case err := <-ended: // nobody is left to serve the clients that are still here
		s.clients.stop()
		forced = s.clients.closeAll()
		if ctx.Err() != nil { // it has seen the stop before Serve did
			err = unlessClosed(err)
		}
		return forced, err
	case <-ctx.Done():
	}
	drained := time.NewTimer(s.Drain) // before the first line of log, because writing one may block
	defer drained.Stop()
	ln.Close()
	if talking := s.clients.stop(); talking > 0 {
		slog.Info(fmt.Sprintf("stopping: %s may end within %v; a second signal ends at once", conversations(talking), s.Drain))
	}
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
