package experiments

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var squatters = Experiment{
	Name:   "squatters",
	Claim:  "n silent clients stop a pool of n",
	Source: "our own",
	Shows: "Has n clients connect and say nothing. Then an honest client asks to be served: while idle clients may stay for " +
		"ever, and while they are closed after a time (-idle-timeout).",
	Bars: []string{"honest client waited"},
	Setup: func(fs *flag.FlagSet) Run {
		var p squat
		console.CountVar(fs, &p.n, "n", 2, "the `number` of squatters, of workers, and of slots")
		console.DurationVar(fs, &p.idle, "idle-timeout", time.Second, 50*time.Millisecond, time.Minute, "the `time` after which idle clients are closed, where they are")
		console.DurationVar(fs, &p.patience, "patience", 3*time.Second, 100*time.Millisecond, time.Minute, "how much `time` the honest client has")
		return p.run
	},
}

type squat struct {
	n              int
	idle, patience time.Duration
}

func (p *squat) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.patience <= p.idle {
		return r, console.Usagef("-patience %v: want more than -idle-timeout, which is %v, or nobody waits that long", p.patience, p.idle)
	}
	t.Steps(2 * len(rig.Parts))
	forever, limited := make(map[string]rig.Visit), make(map[string]rig.Visit)
	for _, part := range rig.Parts {
		for _, way := range []struct {
			name string
			idle time.Duration
			got  map[string]rig.Visit
		}{{"idle for ever", 0, forever}, {fmt.Sprintf("idle for %v", p.idle), p.idle, limited}} {
			t.Step("%s and an honest client at %s, %s", several(p.n, "squatter"), part, way.name)
			err := t.With(ctx, part, []string{"-quiet", rig.N(p.n), "-idle-timeout", way.idle.String()}, func(s *rig.Server) error {
				crowd := rig.NewCrowd(s.Addr)
				defer crowd.Close()
				if err := crowd.Join(ctx, p.n); err != nil {
					return err
				}
				if way.idle == 0 { // with a timeout there is no time to lose
					if _, err := s.Settled(ctx); err != nil {
						return err
					}
				}
				v := rig.Visitor(ctx, s.Addr, p.patience)
				way.got[part] = v
				r.Row(s.Name+", "+way.name, Time("honest client waited", v.Known).As(outcome(v)))
				return nil
			})
			if err != nil {
				return r, err
			}
		}
	}
	if one := limited[rig.Sequential]; p.n > 1 && one.Greeted && near(one.Known, time.Duration(p.n)*p.idle) {
		r.Note("Part 1 serves one at a time, so there the times of the squatters add up: %d times %v.", p.n, p.idle)
	}
	r.Verdicts = p.verdicts(forever, limited)
	return r, nil
}

// verdicts judges by what the honest client got from each part while idle clients may stay for ever,
// and while their time is limited.
func (p *squat) verdicts(forever, limited map[string]rig.Visit) (verdicts []Verdict) {
	for _, claim := range []struct {
		text, part, expected string
		served               bool
	}{
		{fmt.Sprintf("%s stop a pool of %d", several(p.n, "silent client"), p.n), rig.Pool, "not served", false},
		{fmt.Sprintf("%s stop a server with %s", several(p.n, "silent client"), several(p.n, "slot")), rig.BoundedAccept, "not served", false},
		{"with a goroutine for each client nobody stops anybody", rig.Threaded, "served", true},
	} {
		got := forever[claim.part]
		verdicts = append(verdicts, Verdict{Claim: claim.text, Expected: claim.expected, Measured: outcome(got), Answer: answer(got.Greeted == claim.served)})
	}
	stopped, freed := forever[rig.Pool], limited[rig.Pool]
	v := Verdict{Claim: "an idle timeout frees a pool that has been stopped", Answer: answer(!stopped.Greeted && freed.Greeted && freed.Known > p.idle/2 && freed.Known < p.idle*3/2),
		Expected: "served after about " + p.idle.String(), Measured: outcome(freed)}
	if stopped.Greeted {
		v.Measured = "it has not been stopped"
	}
	return append(verdicts, v)
}
