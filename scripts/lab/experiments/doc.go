// Package experiments holds what the texts about concurrent servers claim, as things to try: a file for each, and
// beside them this one, experiment.go, events.go and figures.go; os-threads goes on in thread_limit.go.
//
// To add one, add one file. Its init function calls add with an [Experiment]: its name, which is also the file's with
// hyphens for underscores, its place in the list, the claim and who makes it, and a Setup function that declares the
// parameters as flags and returns what runs. This is all of greeting.go:
//
//	package experiments
//
//	import (
//		"context"
//		"flag"
//		"time"
//
//		"example.com/concurrent-servers/scripts/lab/rig"
//	)
//
//	func init() {
//		add(Experiment{
//			Name:   "greeting",
//			Place:  140,
//			Claim:  "a client is greeted within a moment",
//			Source: "our own",
//			Shows:  "Connects to part 2 and waits for its greeting.",
//			Bars:   []string{"waited"},
//			Setup: func(fs *flag.FlagSet) Run {
//				patience := duration(fs, "patience", time.Second, time.Millisecond, time.Minute, "wait for this `time`")
//				return func(ctx context.Context, t *Trial) error { return greeting(ctx, t, *patience) }
//			},
//		})
//	}
//
//	func greeting(ctx context.Context, t *Trial, patience time.Duration) error {
//		return t.Servers.With(ctx, rig.Threaded, nil, func(s *rig.Server) error {
//			visit := rig.Visitor(ctx, s.Addr, patience)
//			t.Row(s.Part, Time("waited", visit.Known))
//			t.Verdict(Verdict{
//				Claim:    "a client is greeted within a moment",
//				Expected: "served",
//				Measured: outcome(visit),
//				Holds:    visit.Greeted,
//			})
//			return nil
//		})
//	}
//
// The lab lists it, parses its flags, draws its rows and lanes, and writes them as JSON. What package rig has will do
// for most: the parts as running programs, their meters, and clients that wait or press.
//
// An experiment returns an error when it could not find out: a client failed that should not have, a server ended, the
// machine cannot hold so many clients. A claim that turns out to be false is no error but a [Verdict]. It must end by
// itself, in half a minute at most with its defaults, and within a moment once ctx is done; [rig.Servers.With] ends the
// server.
//
// Then add a line to TestVerdictsAreMeasuredAndFlip in experiments_test.go: the experiment with parameters that make
// it quick, the verdicts it must give (y or n for each), and those that it must give with other servers in the parts'
// places, or with other parameters.
package experiments
