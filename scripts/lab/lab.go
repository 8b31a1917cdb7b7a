package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/report"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

// runExperiments runs the experiment called name with the flags in args, or all of them with their
// defaults.
func runExperiments(ctx context.Context, name string, args []string, out, log io.Writer) error {
	var o options
	var do []experiments.Run
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	list, help := experiments.All, console.Help{
		Command:  name,
		Summary:  "Runs all experiments, one after the other, and ends in a table of what they found.",
		Examples: []string{"", "-svg pictures"},
	}
	if name == "all" {
		for _, e := range list { // their flags go with their names
			do = append(do, e.Setup(flag.NewFlagSet("", flag.ContinueOnError)))
		}
	} else {
		i := slices.IndexFunc(list, func(e experiments.Experiment) bool { return e.Name == name })
		if i < 0 {
			return console.Usagef("no experiment is called %q: want one of the list that lab prints without arguments, or all", name)
		}
		e := list[i]
		list, do = list[i:i+1], append(do, e.Setup(fs))
		help.Summary, help.Examples = fmt.Sprintf("%s\n\nClaim: %s\nSource: %s", e.Shows, e.Claim, e.Source), []string{"", "-json"}
	}
	if err := o.parse(fs, args, help, out); err != nil {
		return err
	}
	if o.svg != "" {
		if err := os.MkdirAll(o.svg, 0o755); err != nil {
			return fmt.Errorf("-svg: %w", err)
		}
	}
	p := newProgress(log, o.color)
	servers, err := rig.NewServers(ctx, func() { p.say("building the servers") })
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	if err != nil {
		return err
	}
	defer servers.Close()
	if servers, err = servers.Instead(o.instead); err != nil {
		return console.Usagef("-replace: %v", err)
	}
	return (&lab{o, out, p, servers, rig.Look(ctx)}).run(ctx, list, do)
}

// A lab runs experiments and shows what they return.
type lab struct {
	options
	out      io.Writer
	progress *progress
	servers  *rig.Servers
	machine  rig.Machine
}

// run runs one experiment after the other, and shows a table of what they found if there are
// several. An experiment that cannot find out does not keep the others from it.
func (l *lab) run(ctx context.Context, list []experiments.Experiment, do []experiments.Run) error {
	var outcomes []report.Outcome
	var failed []string
	header := report.Machine(l.machine, width(l.out), l.color.Enabled(l.out))
	if l.machine.Busy() {
		l.progress.log.Warn("this machine is busy with other programs")
	}
	began := time.Now()
	for i, e := range list {
		o := l.try(ctx, e, do[i], l.effort(time.Since(began), len(list)-i))
		if errors.Is(o.Err, console.ErrInterrupted) {
			break
		}
		if errors.As(o.Err, new(console.UsageError)) {
			return o.Err
		}
		if err := l.show(header, e, o); err != nil {
			return err
		}
		header = ""
		if len(list) == 1 {
			return o.Err
		}
		if o.Err != nil {
			failed = append(failed, e.Name)
			l.progress.log.Error(o.Err.Error())
		}
		outcomes = append(outcomes, o)
	}
	if !l.json && len(outcomes) > 0 {
		text := report.Summary(outcomes, l.machine, len(list), width(l.out), l.color.Enabled(l.out))
		if _, err := io.WriteString(l.out, text); err != nil {
			return err
		}
	}
	switch {
	case len(outcomes) < len(list):
		return console.ErrInterrupted
	case len(failed) > 0:
		return fmt.Errorf("%d of %d experiments could not find out: %s", len(failed), len(list), strings.Join(failed, ", "))
	}
	return nil
}

// How long all experiments may take. Those that are still to come share what is left.
const (
	quickly    = 3 * time.Minute
	thoroughly = 10 * time.Minute
)

// effort returns what an experiment may take when so much time has gone and so many experiments are left.
func (l *lab) effort(gone time.Duration, left int) experiments.Effort {
	effort, all := experiments.Thorough, thoroughly
	if l.quick {
		effort, all = experiments.Quick, quickly
	}
	effort.Limit = min(effort.Limit, max((all-gone)/time.Duration(left), 0))
	return effort
}

// try runs one experiment. The outcome's error is [console.ErrInterrupted] if ctx is done.
func (l *lab) try(ctx context.Context, e experiments.Experiment, do experiments.Run, effort experiments.Effort) report.Outcome {
	defer l.progress.end()
	r, err := do(ctx, &experiments.Trial{
		Servers:  l.servers,
		Effort:   effort,
		Progress: func(s experiments.Step) { l.progress.step(e.Name, s) },
	})
	switch {
	case ctx.Err() != nil:
		err = console.ErrInterrupted
	case errors.As(err, new(console.UsageError)):
		err = fmt.Errorf("%s: %w", e.Name, err)
	case err != nil:
		err = fmt.Errorf("%s: could not find out: %w", e.Name, err)
	}
	return report.Outcome{Name: e.Name, Result: r, Err: err}
}

// show prints an outcome below the header and writes its pictures. An error says that the output is broken.
func (l *lab) show(header string, e experiments.Experiment, o report.Outcome) error {
	if l.json {
		if err := report.JSON(l.out, l.machine, o); err != nil {
			return err
		}
	} else if _, err := io.WriteString(l.out, header+report.Text(e, o.Result, width(l.out), l.color.Enabled(l.out))); err != nil {
		return err
	}
	if l.svg == "" {
		return nil
	}
	written, err := report.Pictures(l.svg, e, o.Result)
	if err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	if more := len(written) - 1; more > 1 {
		written = append(written[:1], fmt.Sprintf("%d more", more))
	}
	l.progress.say("wrote " + strings.Join(written, " and ") + " into " + l.svg)
	return nil
}
