package experiments

import (
	"context"
	"errors"
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
		console.DurationVar(fs, &p.idle, "idle-timeout", 200*time.Millisecond, 50*time.Millisecond, time.Minute, "the `time` after which idle clients are closed, where they are")
		console.DurationVar(fs, &p.patience, "patience", 800*time.Millisecond, 100*time.Millisecond, time.Minute, "how much `time` the honest client has")
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
	visits := make(map[squatted][]rig.Visit)
	arms := p.arms()
	round := func() error {
		for _, arm := range arms {
			t.Step("%s and an honest client at %v", several(p.n, "squatter"), arm)
			if err := p.visit(ctx, t, arm, &r, visits); err != nil {
				return err
			}
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(arms), round, func() []Verdict { return p.verdicts(visits) })
	r.Note("Part 1 serves one at a time, so there the times of the squatters add up.")
	return r, err
}

// squatted is a part whose idle clients may stay for a time, or for ever if that is 0.
type squatted struct {
	part string
	idle time.Duration
}

func (s squatted) String() string {
	if s.idle == 0 {
		return s.part + ", no idle timeout"
	}
	return fmt.Sprintf("%s, idle timeout %v", s.part, s.idle)
}

func (p *squat) arms() (arms []squatted) {
	for _, part := range rig.Parts {
		arms = append(arms, squatted{part, 0}, squatted{part, p.idle})
	}
	return arms
}

// visit lets the squatters come, and then the honest client.
func (p *squat) visit(ctx context.Context, t *Trial, arm squatted, r *Result, visits map[squatted][]rig.Visit) error {
	return t.Try(ctx, arm.part, []string{"-quiet", rig.N(p.n), "-idle-timeout", arm.idle.String()}, func(s *rig.Server) error {
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		if err := crowd.Join(ctx, p.n); err != nil && !errors.Is(err, rig.ErrFull) {
			return err
		}
		if arm.idle == 0 { // with a timeout there is no time to lose
			if _, err := s.Settled(ctx); err != nil {
				return err
			}
		}
		v := rig.Visitor(ctx, s.Addr, p.patience)
		visits[arm] = append(visits[arm], v)
		waited := Time("honest client waited", v.Known)
		if !v.Greeted {
			waited = waited.As("not served")
		}
		r.Row(squatted{s.Name, arm.idle}.String(), waited)
		return nil
	})
}

// verdicts judges by what the honest client got from each part, in each round, while idle clients may stay for ever,
// and while their time is limited.
func (p *squat) verdicts(visits map[squatted][]rig.Visit) (verdicts []Verdict) {
	for _, claim := range []struct {
		text, part, expected string
		served               bool
	}{
		{fmt.Sprintf("%s stop a pool of %d", several(p.n, "silent client"), p.n), rig.Pool, "not served", false},
		{fmt.Sprintf("%s stop a server with %s", several(p.n, "silent client"), several(p.n, "slot")), rig.BoundedAccept, "not served", false},
		{"with a goroutine for each client nobody stops anybody", rig.Threaded, "served", true},
	} {
		got := visits[squatted{claim.part, 0}]
		var as []bool
		for _, v := range got {
			as = append(as, v.Greeted == claim.served)
		}
		verdicts = append(verdicts, Verdict{Claim: claim.text, Expected: claim.expected, Measured: outcomes(got), Answer: Agree(as)})
	}
	var freed []bool
	var after Sample
	stopped := visits[squatted{rig.Pool, 0}]
	for i, v := range visits[squatted{rig.Pool, p.idle}] {
		freed = append(freed, v.Greeted && i < len(stopped) && !stopped[i].Greeted)
		after = append(after, v.Known.Seconds())
	}
	v := Verdict{Claim: "an idle timeout frees a pool that has been stopped", Expected: "served after about " + p.idle.String(),
		Measured: outcomes(visits[squatted{rig.Pool, p.idle}]), Answer: both(Agree(freed), after.Within(p.idle.Seconds()/2, 2*p.idle.Seconds()))}
	if verdicts[0].Answer == DoesNotHold {
		v.Measured = "it has not been stopped"
	}
	return append(verdicts, v)
}
