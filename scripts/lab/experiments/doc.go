// Package experiments holds what the texts about concurrent servers claim, as things to try: each file but this one,
// experiment.go, events.go and figures.go is one experiment.
//
// To add one, add one file. In it, an init function calls add with an [Experiment]: its name, the claim and who makes
// it, its place in the list, and a Setup function that declares the parameters as flags and returns what runs:
//
//	func init() {
//		add(Experiment{
//			Name:   "greeting",
//			Place:  140,
//			Claim:  "a client is greeted within a moment",
//			Source: "nobody says it",
//			Shows:  "Connects to part 2 and waits for its greeting.",
//			Setup: func(fs *flag.FlagSet) Run {
//				patience := duration(fs, "patience", time.Second, 1, "wait for the greeting for this `time`")
//				return func(ctx context.Context, t *Trial) error {
//					return t.Servers.With(ctx, rig.Threaded, nil, func(s *rig.Server) error {
//						visit := rig.Visitor(ctx, s.Addr, *patience)
//						t.Row(s.Part, Time("greeted after", visit.Known))
//						t.Verdict(Verdict{
//							Claim:    "a client is greeted within a moment",
//							Expected: "greeted", Measured: greeted(visit), Holds: visit.Greeted,
//						})
//						return nil
//					})
//				}
//			},
//		})
//	}
//
// That is all: the lab lists it, parses its flags, draws its rows and lanes, and writes them as JSON. What package rig
// has will do for most: the parts as running programs, their meters, and clients that wait or press.
//
// An experiment returns an error when it could not find out: a client failed that should not have, a server ended, the
// machine cannot hold so many clients. A claim that turns out to be false is no error but a [Verdict]. It must end by
// itself, in half a minute at most with its defaults, and within a moment once ctx is done; [rig.Servers.With] ends the
// server. Then add it to experiments_test.go with parameters that make it quick, and once with a server put in
// another's place, to see its verdict flip.
package experiments
