// Failover puts HAProxy in front of three instances of part 4, kills one of them under load, starts
// it again, and counts what the clients got.
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
	"sync"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

func main() { console.Main(run) }

type settings struct {
	clients  int
	places   int           // of each instance
	phase    time.Duration // with all three instances, with two, and with all three again
	pause    time.Duration // of a client, after each message
	config   string        // a file for HAProxy; "" for haproxy.cfg beside this source
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
	result, err := try(ctx, &fleet{settings: set}, console.NewLogger(stderr, "", set.colorOut, false))
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	if err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, result.text()); err != nil {
		return err
	}
	return result.err()
}

func parse(args []string, stdout io.Writer) (set settings, err error) {
	const longest = time.Minute
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	console.CountVar(fs, &set.places, "n", 2, "let each instance serve this `number` of clients at once")
	console.CountVar(fs, &set.clients, "clients", 8, "this `number` of clients talk, one conversation after the other")
	console.DurationVar(fs, &set.phase, "d", 3*time.Second, time.Second, longest,
		"the `time` before one is killed, until it is started again, and after that")
	console.DurationVar(fs, &set.pause, "pause", 50*time.Millisecond, time.Millisecond, longest/10,
		"the `time` after each message of a client")
	fs.StringVar(&set.config, "config", "", "give HAProxy this `file` instead of scripts/failover/haproxy.cfg")
	fs.Var(&set.colorOut, "color", "`when` to colour the output: auto, always, never")
	err = console.Parse(fs, args, console.Help{
		Summary:  "Puts HAProxy in front of three instances of part 4, kills one of them under load and starts it again.",
		Examples: []string{"", "-d 10s -clients 20", "-config mine.cfg"},
	}, stdout)
	switch {
	case err != nil:
		return set, err
	case set.places == 100_000: // the largest -n of an instance
		return set, console.Usagef("-n %d: want at most 99999, because each instance keeps one more for HAProxy's checks", set.places)
	case fs.NArg() > 0:
		return set, console.Usagef("too many arguments (%s): want flags only", fs.Arg(0))
	case set.pause > set.phase/10:
		return set, console.Usagef("-pause %v: want at most a tenth of -d, %v", set.pause, set.phase/10)
	}
	if wait := set.longestWait(); wait > queueTimeout/2 {
		return set, console.Usagef("-clients %d: want fewer, because with two instances they wait for %v or more, and HAProxy hangs up on a client that waits for %v",
			set.clients, wait.Round(time.Second), queueTimeout)
	}
	if set.config != "" {
		if _, err := os.Stat(set.config); err != nil {
			return set, console.Usagef("-config: %v", err)
		}
	}
	return set, nil
}

// queueTimeout is the "timeout queue" of haproxy.cfg.
const queueTimeout = 10 * time.Second

// longestWait returns about how long a client waits while one instance is away. The other clients
// talk before it, as many at a time as two instances serve.
func (set settings) longestWait() time.Duration {
	return client.Length(set.pause) * time.Duration(set.clients) / time.Duration(set.places*(len(names)-1))
}

// try starts the fleet, tries it, and ends it, whatever happens.
func try(ctx context.Context, f *fleet, log *slog.Logger) (outcome, error) {
	defer f.close()
	log.Info("building the server")
	if err := f.begin(ctx); err != nil {
		return outcome{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		<-f.proxyEnded
		cancel(f.proxyError())
	}()
	if err := f.probe(ctx); err != nil {
		return outcome{}, err
	}
	return f.trial(ctx, log)
}

// trial lets clients talk. Meanwhile it kills one instance and starts it again.
func (f *fleet) trial(ctx context.Context, log *slog.Logger) (result outcome, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel() // ends the clients if something fails
	result.began = time.Now()
	clients.Go(func() { result.conversations = f.load(ctx, result.began.Add(3*f.phase)) })

	log.Info(fmt.Sprintf("%d clients talk to three instances", f.clients))
	if err := client.Sleep(ctx, f.phase); err != nil {
		return result, err
	}
	result.killing = time.Now()
	f.instances[victim].Kill()
	result.gone = time.Now()
	log.Info("killed instance " + names[victim])
	if err := client.Sleep(ctx, f.phase); err != nil {
		return result, err
	}
	if err := f.start(ctx, victim); err != nil {
		return result, err
	}
	result.restarted = time.Now()
	log.Info("started instance " + names[victim] + " again")
	clients.Wait()
	result.ended = time.Now()
	if ctx.Err() != nil {
		return result, context.Cause(ctx)
	}
	return result, f.attribute(ctx, result.conversations)
}
