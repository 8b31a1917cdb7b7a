// Lab runs experiments on the four servers: each turns something that is said about concurrent servers into a
// measurement on this machine, draws it, and says whether it holds. The experiments are in the package experiments,
// a file for each, which also says how to add one.
//
//	main.go        the command line
//	trial.go       one experiment after the other, and the table at the end
//	results.go     what an experiment told, gathered
//	screen.go      the results on a terminal
//	table.go       tables within a width
//	pictures.go    the results as SVG
//	jsonlines.go   all that is told, as JSON
//	progress.go    what is being done, while it lasts
//	doctor.go      what this machine has
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) // or a closed pipe behind us would end us, and leave servers running
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends the process
	os.Exit(console.Exit(os.Stderr, run(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	err := console.Parse(fs, args, console.Help{
		Summary:   "Runs experiments on the four servers. Without a name it lists them.",
		Arguments: "[NAME [its flags] | all [flags] | doctor]",
		Examples:  []string{"", "doctor", "three-clients", "three-clients -h", "all", "where-they-wait -replace part4-bounded-accept=part2-threaded"},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return list(out)
	}
	name, rest := fs.Arg(0), fs.Args()[1:]
	switch name {
	case "all":
		return runAll(ctx, rest, out, log)
	case "doctor":
		return doctor(ctx, rest, out)
	}
	i := slices.IndexFunc(experiments.All(), func(e experiments.Experiment) bool { return e.Name == name })
	if i < 0 {
		return console.Usagef("no experiment is called %q: want one of the list that lab prints without arguments, or all", name)
	}
	return runOne(ctx, experiments.All()[i], rest, out, log)
}

// list prints each experiment with its claim.
func list(out io.Writer) error {
	t := table{widths: []int{0, 0}}
	for _, e := range experiments.All() {
		t.rows = append(t.rows, []string{e.Name, e.Claim})
	}
	return writeAll(out, t.text(width(out), false),
		"\nRun one by its name, for example: go run ./scripts/lab "+names()[0]+"\nor all of them, which takes some two minutes: go run ./scripts/lab all\n"+
			"To see whether this machine has what they need: go run ./scripts/lab doctor\n")
}

func names() []string {
	var names []string
	for _, e := range experiments.All() {
		names = append(names, e.Name)
	}
	return names
}

// options are the flags that all experiments have.
type options struct {
	json    bool
	svg     string
	color   console.ColorMode
	instead replacements
}

func (o *options) declare(fs *flag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "print all that is measured as JSON, an object on each line")
	fs.StringVar(&o.svg, "svg", "", "also write the drawings as pictures into this `folder`")
	fs.Var(&o.color, "color", "`when` to colour the output: auto, always, never")
	fs.Var(&o.instead, "replace", "run another server in a part's place, as `PART=OTHER`; repeatable")
}

// replacements say which program runs in place of which part.
type replacements map[string]string

func (r *replacements) String() string { return "" }

func (r *replacements) Set(text string) error {
	part, other, found := strings.Cut(text, "=")
	if !found || other == "" || !slices.Contains(rig.Parts, strings.TrimSuffix(part, rig.Racy)) {
		return fmt.Errorf("want PART=OTHER, where PART is %s", strings.Join(rig.Parts, ", "))
	}
	if *r == nil {
		*r = make(replacements)
	}
	(*r)[part] = other
	return nil
}
