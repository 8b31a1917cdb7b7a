// Package experiments holds claims about concurrent servers as things to try: a file for each. Beside
// them are this file and
//
//	experiment.go   the list of the experiments, and what one is
//	repeat.go       rounds, until the verdicts tell
//	sample.go       what the rounds came out as, and how it is judged
//	result.go       rows, notes and verdicts
//	figures.go      figures and their units
//	free.go         whether the machine has free processors
//
// Some experiments go on in a second file: idle-flood in flood_verdicts.go, costs in cost_things.go
// and cost_verdicts.go, os-threads in thread_cost.go, thread_verdicts.go and thread_limit.go.
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
//		var visits []rig.Visit
//		round := func() error {
//			t.Step("a client comes to part 2")
//			return t.Try(ctx, rig.Threaded, nil, func(s *rig.Server) error {
//				v := rig.Visitor(ctx, s.Addr, p.patience)
//				visits = append(visits, v)
//				r.Row(s.Name, Time("waited", v.Known))
//				return nil
//			})
//		}
//		r.Verdicts, err = t.Repeat(ctx, 1, round, func() []Verdict { return greetingVerdicts(visits) })
//		return r, err
//	}
//
//	func greetingVerdicts(visits []rig.Visit) []Verdict {
//		var greeted []bool
//		for _, v := range visits {
//			greeted = append(greeted, v.Greeted)
//		}
//		return []Verdict{{
//			Claim:    "a client is greeted within a moment",
//			Expected: "served",
//			Measured: outcomes(visits),
//			Answer:   Agree(greeted),
//		}}
//	}
//
// The lab lists it, parses its flags, and shows its result as text, as pictures and as JSON. Package
// rig has what most experiments need: the parts as running programs, their meters, and clients that
// wait or press.
//
// An experiment measures in rounds, and each round measures every arm once: whatever else the machine
// does then meets all of them alike. [Trial.Repeat] goes on until every verdict has an answer or the
// time is over. Judge with [Agree] what was seen or not, and with [Sample.Within] what was measured:
// between two bounds, and better as a ratio to another arm of the same round than as a time. Leave
// room around the bounds, so that a machine with other work makes the answer "could not tell" and not
// a false one.
//
// What a server does is a finding, also that it refuses, hangs up, ends or does not answer. An
// experiment returns an error only if the lab itself cannot do its work: it cannot build a server, or
// may not hold so many connections. A round that was spoiled by the lab or the machine returns a flaw,
// and does not count. An experiment ends by itself, and within a moment when ctx is done; t.Try and
// t.With, which is [rig.Servers.With], end the server.
//
// A function without side effects judges the figures. Test it with made-up figures, as verdicts_test.go
// does: some by which the claims hold, some by which they do not, some that cannot tell. Add a line to
// flips_test.go that runs it with another server in a part's place, and a line with parameters that
// make it quick to experiments_test.go.
package experiments
