package console

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main is the main function of a command. It calls run with the arguments, prints the error that run returns
// (see [Exit]), and exits. The context ends as [UntilSignal] says.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) {
	ctx, _ := UntilSignal()
	os.Exit(Exit(os.Stderr, run(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

// UntilSignal returns a context that is done at the first stop signal, or when stop is called. The stop signals
// are SIGINT (Ctrl-C), SIGTERM, and SIGHUP (the terminal is gone) unless the program was started with SIGHUP
// ignored, as nohup does. The next signal exits with status 130 at once. It prints no line, because writing the
// log may be what is stuck.
//
// From then on a closed pipe behind standard output or standard error makes a write fail. By default Go ends
// the program with SIGPIPE there, before it could clean up.
func UntilSignal() (ctx context.Context, stop context.CancelFunc) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // ignoring it would make child processes ignore it too
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	ctx, stop = context.WithCancel(context.Background())
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
