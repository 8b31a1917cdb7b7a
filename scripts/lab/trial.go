package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

// runOne runs the experiment e with the flags in args.
func runOne(ctx context.Context, e experiments.Experiment, args []string, out, log io.Writer) error {
	var o options
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	do := e.Setup(fs)
	o.declare(fs)
	err := console.Parse(fs, args, console.Help{
		Command:  e.Name,
		Summary:  fmt.Sprintf("%s\n\nClaim:  %s\nSource: %s", wrapped(e.Shows, 80), e.Claim, e.Source),
		Examples: []string{"", "-json"},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return console.Usagef("%s: unexpected argument %q: want flags only", e.Name, fs.Arg(0))
	}
	return withLab(ctx, o, out, log, func(l *lab) error {
		_, err := l.run(ctx, e, do)
		return err
	})
}

// runAll runs all experiments with their defaults, and ends in a table of what they found. One that could not find
// out does not keep the others from it.
func runAll(ctx context.Context, args []string, out, log io.Writer) error {
	var o options
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	o.declare(fs)
	err := console.Parse(fs, args, console.Help{
		Command:  "all",
		Summary:  "Runs all experiments, one after the other, and ends in a table of what they found.",
		Examples: []string{"", "-svg pictures"},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return console.Usagef("all: unexpected argument %q: want flags only; an experiment's own flags go with its name", fs.Arg(0))
	}
	return withLab(ctx, o, out, log, func(l *lab) error {
		var found []outcome
		var failed []string
		for _, e := range experiments.All() {
			r, err := l.run(ctx, e, e.Setup(flag.NewFlagSet("", flag.ContinueOnError)))
			if errors.Is(err, console.ErrInterrupted) {
				return err
			}
			if err != nil {
				failed = append(failed, e.Name)
				fmt.Fprintf(log, "%s\n", err)
			}
			found = append(found, outcome{e.Name, r.verdicts, err})
		}
		if !o.json {
			if err := writeAll(out, summary(found, width(out), o.color.Enabled(out))); err != nil {
				return err
			}
		}
		if len(failed) > 0 {
			return fmt.Errorf("%d of %d experiments could not find out: %s", len(failed), len(found), strings.Join(failed, ", "))
		}
		return nil
	})
}

// A lab runs experiments and shows what they tell.
type lab struct {
	options
	out      io.Writer
	progress *progress
	servers  *rig.Servers
}

// withLab builds the servers, hands a lab to use, and leaves nothing behind.
func withLab(ctx context.Context, o options, out, log io.Writer, use func(*lab) error) error {
	if o.svg != "" {
		if err := os.MkdirAll(o.svg, 0o755); err != nil {
			return fmt.Errorf("-svg: %w", err)
		}
	}
	p := newProgress(log, o.color)
	p.begin("building the four servers")
	servers, err := rig.Build(ctx)
	p.end()
	if err != nil {
		return err
	}
	defer servers.Close()
	return use(&lab{o, out, p, servers.Instead(o.instead)})
}

// run runs one experiment, and shows what it found even if it could not find all.
func (l *lab) run(ctx context.Context, e experiments.Experiment, do experiments.Run) (*results, error) {
	r := &results{}
	listen := func(event experiments.Event) {
		r.gather(event)
		if step, ok := event.(experiments.Step); ok {
			l.progress.step(e.Name, step)
		}
	}
	var jsonErr error
	if l.json {
		lines := newJSONLines(l.out, e.Name)
		gather := listen
		listen = func(event experiments.Event) {
			gather(event)
			jsonErr = errors.Join(jsonErr, lines.write(event))
		}
	}
	err := do(ctx, experiments.NewTrial(l.servers, listen))
	l.progress.end()
	if ctx.Err() != nil {
		return r, console.ErrInterrupted
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", e.Name, err)
	}
	if !l.json {
		err = errors.Join(err, show(l.out, e, r, l.color.Enabled(l.out)))
	}
	if l.svg != "" {
		err = errors.Join(err, pictures(l.svg, e, r))
	}
	return r, errors.Join(err, jsonErr)
}

func writeAll(w io.Writer, texts ...string) error {
	_, err := io.WriteString(w, strings.Join(texts, ""))
	return err
}
