package server

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

// Main is the main function of a part. It reads the flags, listens, serves by the strategy s until a stop signal
// (see [console.UntilSignal]), drains, and exits. The status is 0 when every conversation ended by itself, 1 when
// some were closed by force or the server could not run, 2 for a wrong flag, and 130 after a second signal.
func Main(s Strategy) {
	os.Exit(console.Exit(os.Stderr, run(s, os.Args[1:], os.Stdout, os.Stderr)))
}

func run(strategy Strategy, args []string, stdout, stderr io.Writer) error {
	set, err := parse(flag.CommandLine, args, stdout)
	if err != nil {
		return err
	}
	options := protocol.Options{Server: console.Name(), Corpus: set.corpus}
	talk, err := protocol.Open(set.protocol, options)
	if err != nil {
		return fmt.Errorf("-corpus: %w", err)
	}
	ln, err := listen(set.addr, "-addr, or as the argument")
	if err != nil {
		return err
	}
	var debugLn net.Listener
	if set.debugAddr != "" {
		if debugLn, err = listen(set.debugAddr, "-debug"); err != nil {
			return err
		}
	}
	ctx, stop := console.UntilSignal() // before the line that tools wait for: they may signal as soon as they read it
	endBy(ctx, set.drain)
	level := new(slog.LevelVar)
	slog.SetDefault(slog.New(console.NewHandler(stderr, console.Name(), set.color.Enabled(stderr), level)))
	slog.Info("listening on " + ln.Addr().String())
	s := set.server(strategy, talk)
	s.Busy = protocol.Busy(set.protocol, options)
	if debugLn != nil {
		slog.Info("debug on http://" + debugLn.Addr().String() + "/debug/vars")
		go serveDebug(debugLn, s, stop)
	}
	if set.quiet {
		level.Set(slog.LevelWarn)
	}

	forced, err := s.Serve(ctx, ln)
	if err == nil && forced == 0 {
		slog.Info("stopped")
	}
	return cmp.Or(err, forcedError(forced, set.drain))
}

// forcedError says how many conversations the server has closed by force, or is nil if it has closed none.
func forcedError(forced int, drain time.Duration) error {
	if forced == 0 {
		return nil
	}
	return fmt.Errorf("closed %s by force, not ended within %v (-drain)", conversations(forced), drain)
}

// server returns the server that the command line describes.
func (set settings) server(strategy Strategy, talk protocol.Conversation) *Server {
	s := New(strategy, talk)
	s.IdleTimeout, s.Drain, s.OSThreads = set.idle, set.drain, set.osThreads
	return s
}

// lastResort is how long after the drain the process may still exist.
const lastResort = 900 * time.Millisecond

// endBy ends the process with status 1 if it still runs when ctx has been done for the drain and a moment more.
// That happens when the log blocks, because its reader does not read. So this prints nothing. It also happens on a
// machine that is too busy to close all connections in that moment.
func endBy(ctx context.Context, drain time.Duration) {
	context.AfterFunc(ctx, func() {
		time.AfterFunc(drain+lastResort, func() { os.Exit(1) })
	})
}
