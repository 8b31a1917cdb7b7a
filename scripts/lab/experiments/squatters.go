package experiments

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "squatters",
		Place:  120,
		Claim:  "n silent clients stop a pool of n",
		Source: "our own",
		Shows: "Has n clients connect and say nothing. Then an honest client asks to be served: while idle clients may stay for " +
			"ever, and while they are closed after a time (-idle-timeout).",
		Bars: []string{"honest client waited"},
		Setup: func(fs *flag.FlagSet) Run {
			n := count(fs, "n", 2, "the `number` of squatters, of workers, and of slots")
			idle := duration(fs, "idle-timeout", time.Second, 50*time.Millisecond, time.Minute, "the `time` after which idle clients are closed, where they are")
			patience := duration(fs, "patience", 3*time.Second, 100*time.Millisecond, time.Minute, "how much `time` the honest client has")
			return func(ctx context.Context, t *Trial) error { return squatters(ctx, t, *n, *idle, *patience) }
		},
	})
}

func squatters(ctx context.Context, t *Trial, n int, idle, patience time.Duration) error {
	if patience <= idle {
		return console.Usagef("-patience %v: want more than -idle-timeout, which is %v, or nobody waits that long", patience, idle)
	}
	timeouts := []time.Duration{0, idle}
	t.Steps(len(timeouts) * len(rig.Parts))
	type run struct {
		part string
		idle time.Duration
	}
	got := make(map[run]rig.Visit)
	for _, part := range rig.Parts {
		for _, idle := range timeouts {
			name := part + ", idle for ever"
			if idle > 0 {
				name = fmt.Sprintf("%s, idle for %v", part, idle)
			}
			t.Step("%s and an honest client at %s", several(n, "squatter"), name)
			args := []string{"-quiet", "-n", strconv.Itoa(n), "-idle-timeout", idle.String()}
			err := t.Servers.With(ctx, part, args, func(s *rig.Server) error {
				crowd := rig.NewCrowd(s.Addr)
				defer crowd.Close()
				if err := crowd.Join(ctx, n); err != nil {
					return err
				}
				if idle == 0 { // with a timeout there is no time to lose
					if _, err := t.Settled(ctx, s); err != nil {
						return err
					}
				}
				v := rig.Visitor(ctx, s.Addr, patience)
				got[run{part, idle}] = v
				t.Row(name, Time("honest client waited", v.Known).As(outcome(v)))
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	for _, claim := range []struct {
		text string
		got  rig.Visit
		want bool
	}{
		{fmt.Sprintf("%s stop a pool of %d", several(n, "silent client"), n), got[run{rig.Pool, 0}], false},
		{fmt.Sprintf("%s stop a server with %s", several(n, "silent client"), several(n, "slot")), got[run{rig.BoundedAccept, 0}], false},
		{"with a goroutine for each client nobody stops anybody", got[run{rig.Threaded, 0}], true},
	} {
		v := Verdict{Claim: claim.text, Expected: "served", Measured: outcome(claim.got), Holds: claim.got.Greeted == claim.want}
		if !claim.want {
			v.Expected = "not served"
		}
		t.Verdict(v)
	}
	stopped, freed := got[run{rig.Pool, 0}], got[run{rig.Pool, idle}]
	v := Verdict{
		Claim:    "an idle timeout frees a pool that has been stopped",
		Expected: "served after about " + idle.String(),
		Measured: outcome(freed),
		Holds:    !stopped.Greeted && freed.Greeted && freed.Known > idle/2 && freed.Known < idle*3/2,
	}
	if stopped.Greeted {
		v.Measured = "it has not been stopped"
	}
	t.Verdict(v)
	if one := got[run{rig.Sequential, idle}]; n > 1 && one.Greeted && near(one.Known, time.Duration(n)*idle) {
		t.Note("Part 1 serves one at a time, so there the times of the squatters add up: %d times %v.", n, idle)
	}
	return nil
}
