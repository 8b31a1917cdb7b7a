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
	log.Info("building the server")
	f, err := newFleet(ctx, set.places, set.config)
	if err == nil {
		defer f.close()
		var result outcome
		if result, err = trial(ctx, f, set, log); err == nil {
			fmt.Fprint(stdout, result.text(set))
			return result.err(set.places)
		}
	}
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	return err
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
	case set.pause < 0 || set.pause > set.phase/10:
		return set, console.Usagef("-pause %v: want a time up to a tenth of -d, %v", set.pause, set.phase/10)
	}
	return set, nil
}

// victim is the instance that is killed.
const victim = 1

// trial lets the clients talk, and kills one instance and starts it again while they do.
func trial(ctx context.Context, f *fleet, set settings, log *slog.Logger) (result outcome, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	loading := make(chan []conversation, 1)
	result.began = time.Now()
	go func() { loading <- load(ctx, f.front, set, result.began.Add(3*set.phase)) }()
	defer func() { // also when something fails: nobody talks on
		if err != nil {
			cancel()
			<-loading
		}
	}()

	log.Info(fmt.Sprintf("%d clients talk to three instances", set.clients))
	if err := wait(ctx, set.phase); err != nil {
		return result, err
	}
	result.killed = time.Now()
	f.kill(victim)
	log.Info("killed instance " + names[victim])
	if err := wait(ctx, set.phase); err != nil {
		return result, err
	}
	if err := f.start(victim); err != nil {
		return result, err
	}
	result.restarted = time.Now()
	log.Info("started instance " + names[victim] + " again")
	result.conversations = <-loading
	if ctx.Err() != nil {
		return result, ctx.Err()
	}
	result.instances, err = f.stats(ctx)
	return result, err
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
