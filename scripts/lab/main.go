// Lab runs experiments on the four servers. Each experiment turns something that is said about
// concurrent servers into a measurement on this machine, draws it, and says whether it holds.
//
//	main.go        the command line
//	lab.go         runs one experiment or all of them, and shows what they return
//	progress.go    says what is being done
//	doctor.go      says what this machine has
//	report/        shows a result: as text, as pictures, as JSON
//	experiments/   the experiments, a file each, and how to add one
//	rig/           what experiments are made with: servers, meters, clients
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/report"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

func main() { console.Main(run) }

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
	if fs.Arg(0) == "doctor" {
		return doctor(ctx, fs.Args()[1:], out)
	}
	return runExperiments(ctx, fs.Arg(0), fs.Args()[1:], out, log)
}

// list prints each experiment with its claim.
func list(out io.Writer) error {
	var t report.Table
	for _, e := range experiments.All {
		t.Rows = append(t.Rows, []string{e.Name, e.Claim})
	}
	_, err := fmt.Fprintf(out, `Is it true that … ? Each experiment tests a claim on this machine.

%s
Run one by its name, for example: go run ./scripts/lab %s
All of them, in two to three minutes: go run ./scripts/lab all -q
or thoroughly, in at most ten: go run ./scripts/lab all
To see whether this machine has what they need: go run ./scripts/lab doctor
`, t.Text(width(out), false), experiments.All[0].Name)
	return err
}

// width returns how many columns the text on w may have.
func width(w io.Writer) int { return min(max(timeline.SizeOf(w).Width, 60), 110) }

// options are the flags of every experiment.
type options struct {
	quick   bool
	json    bool
	svg     string
	color   console.ColorMode
	instead map[string]string // which program runs in the place of which part
}

// parse parses args into the flags in fs and those of every experiment.
func (o *options) parse(fs *flag.FlagSet, args []string, help console.Help, out io.Writer) error {
	fs.BoolVar(&o.quick, "q", false, "quick: fewer rounds and shorter sweeps")
	fs.BoolVar(&o.json, "json", false, "print the result as JSON, an object on one line")
	fs.StringVar(&o.svg, "svg", "", "also write the drawings as pictures into this `folder`")
	fs.Var(&o.color, "color", "`when` to colour the output: auto, always, never")
	fs.Func("replace", "run another server in a part's place, as `PART=OTHER`; repeatable", o.replace)
	if err := console.Parse(fs, args, help, out); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return console.Usagef("%s: unexpected argument %q: want flags only", help.Command, fs.Arg(0))
	}
	return nil
}

// replace notes that another program runs in the place of a part.
func (o *options) replace(text string) error {
	part, other, found := strings.Cut(text, "=")
	servers := slices.Concat(rig.Parts, rig.Designs)
	if !found || other == "" || !slices.Contains(servers, strings.TrimSuffix(part, rig.Racy)) {
		return fmt.Errorf("want PART=OTHER, where PART is %s", strings.Join(servers, ", "))
	}
	if o.instead == nil {
		o.instead = make(map[string]string)
	}
	o.instead[part] = other
	return nil
}
