package server

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

// Main is the main function of a part: it reads the flags, listens, serves by the strategy s until a stop
// signal, drains, and exits. The status is 0 when every conversation ended by itself, 1 when some were closed
// by force or the server could not run, 2 for a wrong flag, and 130 after a second signal.
func Main(s Strategy) {
	os.Exit(console.Exit(os.Stderr, run(s, os.Args[1:], os.Stdout, os.Stderr)))
}

func run(strategy Strategy, args []string, stdout, stderr io.Writer) error {
	set, err := parse(flag.CommandLine, args, stdout)
	if err != nil {
		return err
	}
	talk, err := protocol.Open(set.protocol, protocol.Options{Server: console.Name(), Corpus: set.corpus})
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
	ctx, stop := untilSignal() // before the line that tools wait for: they may signal as soon as they read it
	level := new(slog.LevelVar)
	slog.SetDefault(slog.New(console.NewHandler(stderr, console.Name(), set.color.Enabled(stderr), level)))
	slog.Info("listening on " + ln.Addr().String())
	s := &Server{
		Strategy:     strategy,
		Conversation: talk,
		IdleTimeout:  set.idle,
		Drain:        set.drain,
	}
	if debugLn != nil {
		slog.Info("debug on http://" + debugLn.Addr().String() + "/debug/vars")
		go serveDebug(debugLn, s, stop)
	}
	if set.quiet {
		level.Set(slog.LevelWarn)
	}

	forced, err := s.Serve(ctx, ln)
	if err != nil {
		return err
	}
	if forced > 0 {
		return fmt.Errorf("closed %s by force, not ended within %v (-drain)", conversations(forced), set.drain)
	}
	slog.Info("stopped")
	return nil
}

// untilSignal returns a context that is done at the first stop signal, or when stop is called. A signal after
// that ends the process, without a line in the log: it may be the log that does not get on.
func untilSignal() (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			stop()
		case <-ctx.Done():
		}
		<-signals
		os.Exit(130)
	}()
	return ctx, stop
}
