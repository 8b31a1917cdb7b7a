package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/timeline"
)

// All is the list of the experiments, in the order in which the lab shows them.
var All = []Experiment{
	threeClients,
	arrivals,
	sleep,
	whereTheyWait,
	idleFlood,
	costs,
	osThreads,
	cpuBound,
	degradation,
	overload,
	retryStorm,
	littlesLaw,
	poolSize,
	nagle,
	lostUpdate,
	squatters,
	refuseOrWait,
}

// An Experiment is something to try, and what is claimed about it.
type Experiment struct {
	Name   string
	Claim  string // in a line
	Source string // who makes the claim
	Shows  string // what is done and what to look for, in some sentences

	Curves  []Curve  // the figures of the rows that are worth seeing as curves
	Bars    []string // the figures of the rows that are parts of one bar; one figure makes a plain bar
	LogBars bool     // the bars are on a logarithmic scale, which is for one figure only

	// Setup declares the parameters as flags and returns the function that runs the experiment
	// with the values that the flags then have.
	Setup func(fs *flag.FlagSet) Run
}

// A Curve is the figure called Y over the figure called X, for each subject.
type Curve struct {
	X, Y  string
	Title string // a short sentence; "" for Y by X
	LogY  bool   // on a logarithmic scale, as for times of which some are a hundred times others
}

// A Run runs an experiment. It returns what it found, and an error if the lab could not do its work.
type Run func(ctx context.Context, t *Trial) (Result, error)

// A Trial is what an experiment runs with.
type Trial struct {
	*rig.Servers
	Effort
	Progress func(Step) // is called before each step

	round, step, steps int
	flaws              []flaw // of the rounds that did not count
}

// A Step is what an experiment does next.
type Step struct {
	Round      int // from 1; 0 if the experiment has no rounds
	Number, Of int // of the round, from 1
	What       string
}

// Steps says how many steps there will be.
func (t *Trial) Steps(n int) { t.steps = n }

// Step says what the experiment does next. Only one goroutine may call it.
func (t *Trial) Step(format string, args ...any) {
	t.step++
	t.Progress(Step{t.round, t.step, t.steps, fmt.Sprintf(format, args...)})
}

// EachPart takes a step for each part, with the part's name in it, and calls use with the part
// started with args, as Try does.
func (t *Trial) EachPart(ctx context.Context, step string, args []string, use func(*rig.Server) error) error {
	for _, part := range rig.Parts {
		t.Step(step, part)
		if err := t.Try(ctx, part, args, use); err != nil {
			return err
		}
	}
	return nil
}

// able reports whether a program in another language than Go can run here. If it cannot, a note says why, and what
// it would show.
func (t *Trial) able(ctx context.Context, r *Result, program, shows string) (bool, error) {
	_, err := t.Command(ctx, program)
	if errors.Is(err, rig.ErrNoTool) {
		r.Note("%v. %s", err, shows)
		return false, nil
	}
	return err == nil, err
}

// Try is like With, but takes a server that ends by itself for a finding: use has seen what its clients got.
func (t *Trial) Try(ctx context.Context, program string, args []string, use func(*rig.Server) error) error {
	var used error
	err := t.With(ctx, program, args, func(s *rig.Server) error {
		used = use(s)
		return used
	})
	if errors.Is(err, rig.ErrEnded) && !ofTheLab(used) {
		return nil
	}
	return err
}

// ofTheLab reports whether the lab itself could not do something, whatever became of the server.
func ofTheLab(err error) bool {
	return errors.As(err, new(flaw)) || errors.Is(err, rig.ErrTooMany)
}

// talk runs clients against s and returns their lanes under the server's name. A client that failed says so in its
// lane. If s logs its clients, which it does without -quiet, the lanes say when each was accepted.
func talk(ctx context.Context, s *rig.Server, run client.Run) timeline.Chart {
	run.Dial, run.Log, run.Accepted = client.Dial(s.Addr), slog.New(slog.DiscardHandler), s.Accepted(ctx)
	chart := run.Do(ctx)
	chart.Title = s.Name
	return chart
}

// several says a number of things in words.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
