// Package experiments holds claims about concurrent servers as things to try: a file for each. Beside
// them are this file, experiment.go, result.go and figures.go; os-threads goes on in
// thread_cost.go, thread_verdicts.go and thread_limit.go.
//
// To add one, add a file, and a line to the list [All] in experiment.go. The file declares an
// [Experiment]: its name, which is also the file's with hyphens for underscores, the claim and who
// makes it, and a Setup function, which declares the parameters as flags and returns what runs. This
// is all of greeting.go; its line in the list is "greeting,":
//
//	package experiments
//
//	import (
//		"context"
//		"flag"
//		"time"
//
//		"example.com/concurrent-servers/scripts/lab/rig"
//		"example.com/concurrent-servers/shared/console"
//	)
//
//	var greeting = Experiment{
//		Name:   "greeting",
//		Claim:  "a client is greeted within a moment",
//		Source: "our own",
//		Shows:  "Connects to part 2 and waits for its greeting.",
//		Bars:   []string{"waited"},
//		Setup: func(fs *flag.FlagSet) Run {
//			var p guest
//			console.DurationVar(fs, &p.patience, "patience", time.Second, time.Millisecond, time.Minute, "wait for this `time`")
//			return p.run
//		},
//	}
//
//	type guest struct{ patience time.Duration }
//
//	func (p *guest) run(ctx context.Context, t *Trial) (r Result, err error) {
//		t.Steps(1)
//		t.Step("a client comes to part 2")
//		err = t.With(ctx, rig.Threaded, nil, func(s *rig.Server) error {
//			visit := rig.Visitor(ctx, s.Addr, p.patience)
//			r.Row(s.Name, Time("waited", visit.Known))
//			r.Verdicts = greetingVerdicts(visit)
//			return nil
//		})
//		return r, err
//	}
//
//	func greetingVerdicts(visit rig.Visit) []Verdict {
//		return []Verdict{{
//			Claim:    "a client is greeted within a moment",
//			Expected: "served",
//			Measured: outcome(visit),
//			Answer:   answer(visit.Greeted),
//		}}
//	}
//
// The lab lists it, parses its flags, and shows its result as text, as pictures and as JSON. Package
// rig has what most experiments need: the parts as running programs, their meters, and clients that
// wait or press.
//
// An experiment returns an error when it could not find out: a client failed that should not have, a
// server ended, the machine cannot hold so many clients. A claim that turns out to be false is not an
// error but a [Verdict]. An experiment must end by itself, in half a minute at most with its
// defaults, and within a moment when ctx is done; t.With, which is [rig.Servers.With], ends the server.
//
// A function without side effects judges the figures. Add made-up figures to the test in
// verdicts_test.go: some by which the claims hold, some by which they do not. Add a line with
// parameters that make the experiment quick to the test in experiments_test.go, which runs it.
package experiments
