// Failover puts HAProxy in front of three instances of part 4, kills one of them under load, starts it again, and
// counts what the clients got.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"example.com/concurrent-servers/shared/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process
	os.Exit(console.Exit(os.Stderr, run(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

type settings struct {
	clients  int
	places   int           // of each instance
	phase    time.Duration // the time with all three, with two, and with all three again
	pause    time.Duration
	config   string // "" for ours
	colorOut console.ColorMode
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, err := parse(args, stdout)
	if err != nil {
		return err
	}
	if _, err := exec.LookPath("haproxy"); err != nil {
		return errors.New("haproxy is not installed: want the package haproxy, of Debian, Homebrew or another")
	}
	log := console.NewLogger(stderr, "", set.colorOut, false)
	result, err := try(ctx, &fleet{places: set.places, config: set.config}, set, log)
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	if err != nil {
		return err
	}
	fmt.Fprint(stdout, result.text())
	return result.err()
}

// try begins the fleet, tries it and ends it, whatever happens.
func try(ctx context.Context, f *fleet, set settings, log *slog.Logger) (outcome, error) {
	defer f.close()
	log.Info("building the server")
	if err := f.begin(ctx); err != nil {
		return outcome{}, err
	}
	return f.trial(ctx, set, log)
}

func parse(args []string, stdout io.Writer) (set settings, err error) {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	console.CountVar(fs, &set.places, "n", 2, "let each instance serve this `number` of clients at once")
	console.CountVar(fs, &set.clients, "clients", 8, "this `number` of clients talk, one conversation after the other")
	fs.DurationVar(&set.phase, "d", 3*time.Second, "the `time` before one is killed, until it is started again, and after that")
	fs.DurationVar(&set.pause, "pause", 50*time.Millisecond, "the `time` after each message of a client")
	fs.StringVar(&set.config, "config", "", "give HAProxy this `file` instead of scripts/failover/haproxy.cfg")
	fs.Var(&set.colorOut, "color", "`when` to colour the output: auto, always, never")
	err = console.Parse(fs, args, console.Help{
		Summary:  "Puts HAProxy in front of three instances of part 4, kills one of them under load and starts it again.",
		Examples: []string{"", "-d 10s -clients 20", "-config mine.cfg"},
	}, stdout)
	switch {
	case err != nil:
		return set, err
	case fs.NArg() > 0:
		return set, console.Usagef("too many arguments (%s): want flags only", fs.Arg(0))
	case set.phase < time.Second || set.phase > time.Minute:
		return set, console.Usagef("-d %v: want a time from 1s to 1m", set.phase)
	case set.pause < time.Millisecond || set.pause > set.phase/10:
		return set, console.Usagef("-pause %v: want a time from 1ms to a tenth of -d, %v", set.pause, set.phase/10)
	}
	if wait := set.longestWait(); wait > queueTimeout/2 {
		return set, console.Usagef("-clients %d: want fewer, since with one instance less they wait for %v or more, and HAProxy lets nobody wait for more than %v",
			set.clients, wait.Round(time.Second), queueTimeout)
	}
	if set.config != "" {
		if _, err := os.Stat(set.config); err != nil {
			return set, console.Usagef("-config: %v", err)
		}
	}
	return set, nil
}

// queueTimeout is that of haproxy.cfg.
const queueTimeout = 10 * time.Second

// longestWait is about how long a client waits while one instance is away: for all others, as many at a time as the
// remaining instances serve.
func (set settings) longestWait() time.Duration {
	conversation := 2*set.pause + set.pause/5
	return conversation * time.Duration(set.clients) / time.Duration(set.places*(len(names)-1))
}

// victim is the instance that is killed.
const victim = 1

// trial lets the clients talk, and kills one instance and starts it again while they do.
func (f *fleet) trial(ctx context.Context, set settings, log *slog.Logger) (result outcome, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-f.proxyEnded:
			cancel(f.proxyError())
		case <-ctx.Done():
		}
	}()
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel(nil) // before that: nobody talks on when something fails
	result.began = time.Now()
	clients.Go(func() { result.conversations = load(ctx, f.front, set, result.began.Add(3*set.phase)) })

	log.Info(fmt.Sprintf("%d clients talk to three instances", set.clients))
	if err := wait(ctx, set.phase); err != nil {
		return result, err
	}
	result.killing = time.Now()
	f.kill(victim)
	result.gone = time.Now()
	log.Info("killed instance " + names[victim])
	if err := wait(ctx, set.phase); err != nil {
		return result, err
	}
	if err := f.start(ctx, victim); err != nil {
		return result, err
	}
	result.restarted = time.Now()
	log.Info("started instance " + names[victim] + " again")
	clients.Wait()
	if ctx.Err() != nil {
		return result, context.Cause(ctx)
	}
	result.instances, err = f.stats(ctx)
	return result, err
}

// wait waits for d, or until ctx is done, which is an error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
