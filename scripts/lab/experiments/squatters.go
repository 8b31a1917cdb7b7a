package experiments

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
)

func init() {
	add(Experiment{
		Name:   "squatters",
		Place:  120,
		Claim:  "n silent clients stop a pool of n",
		Source: "nobody says it",
		Shows: "Has n clients connect and say nothing. Then an honest client asks to be served: while idle clients may stay for " +
			"ever, and while they are closed after a time (-idle-timeout).",
		Bars: []string{"honest client"},
		Setup: func(fs *flag.FlagSet) Run {
			n := count(fs, "n", 2, "the `number` of squatters, of workers, and of slots")
			idle := duration(fs, "idle-timeout", time.Second, 50*time.Millisecond, "the `time` after which idle clients are closed, where they are")
			patience := duration(fs, "patience", 3*time.Second, 100*time.Millisecond, "how much `time` the honest client has")
			return func(ctx context.Context, t *Trial) error { return squatters(ctx, t, *n, *idle, *patience) }
		},
	})
}

func squatters(ctx context.Context, t *Trial, n int, idle, patience time.Duration) error {
	timeouts := []time.Duration{0, idle}
	t.Steps(len(timeouts) * len(rig.Parts))
	type run struct {
		part string
		idle time.Duration
	}
	got := make(map[run]rig.Visit)
	for _, part := range rig.Parts {
		for _, idle := range timeouts {
			name := part + ", no timeout"
			if idle > 0 {
				name = fmt.Sprintf("%s, %v", part, idle)
			}
			t.Step("%d squatters and an honest client at %s", n, name)
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
				f := Time("honest client", v.Known)
				t.Row(name, f.As(outcome(v)))
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	for _, claim := range []struct {
		text string
		run  run
		want bool
	}{
		{fmt.Sprintf("%d silent clients stop a pool of %d", n, n), run{rig.Pool, 0}, false},
		{fmt.Sprintf("%d silent clients stop a server with %d slots", n, n), run{rig.BoundedAccept, 0}, false},
		{"an idle timeout frees the pool", run{rig.Pool, idle}, true},
		{"with a goroutine for each client nobody stops anybody", run{rig.Threaded, 0}, true},
	} {
		v := Verdict{Claim: claim.text, Expected: "served", Measured: outcome(got[claim.run]), Holds: got[claim.run].Greeted == claim.want}
		if !claim.want {
			v.Expected = "not served"
		}
		t.Verdict(v)
	}
	return nil
}
