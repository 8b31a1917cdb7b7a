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
		Summary:  fmt.Sprintf("%s\n\nClaim: %s\nSource: %s", e.Shows, e.Claim, e.Source),
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
				break
			}
			if errors.As(err, new(outputError)) {
				return err
			}
			if err != nil {
				failed = append(failed, e.Name)
				fmt.Fprintf(log, "%s\n", err)
			}
			found = append(found, outcome{e.Name, r.verdicts, err})
		}
		if !o.json && len(found) > 0 {
			if err := l.print(summary(found, len(experiments.All()), width(out), o.color.Enabled(out))); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil:
			return console.ErrInterrupted
		case len(failed) > 0:
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

// withLab prepares the servers, hands a lab to use, and leaves nothing behind.
func withLab(ctx context.Context, o options, out, log io.Writer, use func(*lab) error) error {
	if o.svg != "" {
		if err := os.MkdirAll(o.svg, 0o755); err != nil {
			return fmt.Errorf("-svg: %w", err)
		}
	}
	p := newProgress(log, o.color)
	servers, err := rig.NewServers(ctx, func() { p.say("building the servers") })
	if err != nil {
		return err
	}
	defer servers.Close()
	if servers, err = servers.Instead(o.instead); err != nil {
		return console.Usagef("-replace: %v", err)
	}
	return use(&lab{o, out, p, servers})
}

// run runs one experiment, and shows what it found even if it could not find all. An error of the output is an
// [outputError].
func (l *lab) run(ctx context.Context, e experiments.Experiment, do experiments.Run) (*results, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &results{}
	lines := newJSONLines(l.out, e.Name)
	var jsonErr error
	err := do(ctx, experiments.NewTrial(l.servers, func(event experiments.Event) {
		event = l.instead.mark(event)
		r.gather(event)
		if step, ok := event.(experiments.Step); ok {
			l.progress.step(e.Name, step)
		}
		if l.json && jsonErr == nil {
			if jsonErr = lines.write(event); jsonErr != nil {
				cancel() // nobody listens any more
			}
		}
	}))
	l.progress.end()
	switch {
	case jsonErr != nil:
		return r, outputError{jsonErr}
	case ctx.Err() != nil:
		return r, console.ErrInterrupted
	case errors.As(err, new(console.UsageError)):
		return r, fmt.Errorf("%s: %w", e.Name, err)
	case err != nil:
		err = fmt.Errorf("%s: could not find out: %w", e.Name, err)
	}
	if !l.json {
		if err := l.print(show(e, r, width(l.out), l.color.Enabled(l.out))); err != nil {
			return r, err
		}
	}
	if l.svg != "" {
		written, pictureErr := pictures(l.svg, e, r)
		if pictureErr != nil {
			return r, outputError{fmt.Errorf("-svg: %w", pictureErr)}
		}
		l.progress.say("wrote " + strings.Join(written, ", ") + " into " + l.svg)
	}
	return r, err
}

// An outputError says that what was found could not be shown, so that there is no use in finding out more.
type outputError struct{ error }

func (e outputError) Unwrap() error { return e.error }

func (l *lab) print(text string) error {
	if err := writeAll(l.out, text); err != nil {
		return outputError{err}
	}
	return nil
}

func writeAll(w io.Writer, texts ...string) error {
	_, err := io.WriteString(w, strings.Join(texts, ""))
	return err
}

// mark says in an event, where it names a part, which server has run in its place.
func (r replacements) mark(e experiments.Event) experiments.Event {
	var pairs []string
	for part, other := range r {
		pairs = append(pairs, part, part+"="+other)
	}
	in := strings.NewReplacer(pairs...).Replace
	switch e := e.(type) {
	case experiments.Row:
		e.Subject = in(e.Subject)
		return e
	case experiments.Lane:
		e.Chart = in(e.Chart)
		return e
	case experiments.Title:
		e.Chart, e.Title = in(e.Chart), in(e.Title)
		return e
	case experiments.Reading:
		e.Server = in(e.Server)
		return e
	}
	return e
}
