package experiments

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "sleep",
		Place:  30,
		Claim:  "one slow request blocks all behind it; a pool fixes that, until n of them sleep",
		Source: "The Rust Programming Language, last chapter",
		Shows: "Over http, lets some clients request /sleep and then one more request /, and draws how long that one waits: " +
			"behind one sleeper in part 1, behind 0 to n+1 of them in part 3.",
		Setup: func(fs *flag.FlagSet) Run {
			d := duration(fs, "d", 400*time.Millisecond, 50*time.Millisecond, time.Minute, "each sleeper sleeps for this `time`")
			n := count(fs, "n", 2, "the `number` of workers of part 3")
			return func(ctx context.Context, t *Trial) error { return sleep(ctx, t, *d, *n) }
		},
	})
}

func sleep(ctx context.Context, t *Trial, d time.Duration, n int) error {
	if n > 8 {
		return console.Usagef("-n %d: want at most 8, or the charts fill the screen", n)
	}
	if d > time.Minute {
		return console.Usagef("-d %v: want at most 1m, which is as long as the servers sleep", d)
	}
	type run struct {
		part     string
		sleepers int
	}
	runs := []run{{rig.Sequential, 0}, {rig.Sequential, 1}}
	for sleepers := range n + 2 {
		runs = append(runs, run{rig.Pool, sleepers})
	}
	t.Steps(len(runs))
	waited := make(map[run]time.Duration)
	for _, r := range runs {
		t.Step("%s and one other client ask %s", several(r.sleepers, "sleeper"), r.part)
		args := []string{"-protocol", "http", "-quiet", "-n", strconv.Itoa(n)}
		err := t.Servers.With(ctx, r.part, args, func(s *rig.Server) error {
			var paths, names []string
			for i := range r.sleepers {
				paths = append(paths, fmt.Sprintf("/sleep?d=%v", d))
				names = append(names, fmt.Sprint("sleeper", i+1))
			}
			name := fmt.Sprintf("%s, %s", r.part, several(r.sleepers, "sleeper"))
			chart, err := t.Lanes(ctx, name,
				client.Run{Dial: client.Dial(s.Addr), Clients: r.sleepers + 1, Protocol: "http", Paths: append(paths, "/")},
				append(names, "other")...)
			if err != nil {
				return err
			}
			t.Title(name, name)
			waited[r] = chart.Lanes[r.sleepers].Waited
			t.Row(r.part, Count("sleepers", int64(r.sleepers)), Time("the other waited", waited[r]))
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, claim := range []struct {
		text   string
		run    run
		blocks bool
	}{
		{"one sleeper blocks a sequential server", run{rig.Sequential, 1}, true},
		{fmt.Sprintf("a pool of %d serves on beside %s", n, several(n-1, "sleeper")), run{rig.Pool, n - 1}, false},
		{fmt.Sprintf("%s block a pool of %d", several(n, "sleeper"), n), run{rig.Pool, n}, true},
	} {
		got := waited[claim.run]
		v := Verdict{Claim: claim.text, Expected: "served at once", Measured: "waited " + console.Duration(got), Holds: near(got, 0)}
		if claim.blocks {
			v.Expected, v.Holds = "waits about "+console.Duration(d), near(got, d)
		}
		t.Verdict(v)
	}
	return nil
}
