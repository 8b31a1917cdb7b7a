package experiments

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var sleep = Experiment{
	Name:   "sleep",
	Claim:  "one slow request blocks all behind it; a pool fixes that, until n of them sleep",
	Source: "The Rust Programming Language, last chapter",
	Shows: "Over http, lets some clients request /sleep and then one more request /, and draws how long that one waits: " +
		"behind one sleeper in part 1, behind 0 to n+1 of them in part 3.",
	Setup: func(fs *flag.FlagSet) Run {
		var p sleepers
		console.DurationVar(fs, &p.d, "d", 400*time.Millisecond, 50*time.Millisecond, time.Minute, "each sleeper sleeps for this `time`")
		console.CountVar(fs, &p.n, "n", 2, "the `number` of workers of part 3")
		return p.run
	},
}

type sleepers struct {
	d time.Duration
	n int
}

func (p *sleepers) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.n > 8 {
		return r, console.Usagef("-n %d: want at most 8, or the charts fill the screen", p.n)
	}
	t.Steps(2 + p.n + 2)
	behind := func(part string, sleepers int) (waited time.Duration, err error) {
		t.Step("%s and one other client ask %s", several(sleepers, "sleeper"), part)
		err = t.With(ctx, part, []string{"-protocol", "http", "-quiet", rig.N(p.n)}, func(s *rig.Server) error {
			var paths []string
			for range sleepers {
				paths = append(paths, fmt.Sprintf("/sleep?d=%v", p.d))
			}
			chart, err := talk(ctx, s, client.Run{Clients: sleepers + 1, Protocol: "http", Paths: append(paths, "/")})
			chart.Title = fmt.Sprintf("%s, %s", s.Name, several(sleepers, "sleeper"))
			for i := range sleepers {
				chart.Lanes[i].Name = fmt.Sprint("sleeper", i+1)
			}
			other := &chart.Lanes[sleepers]
			other.Name, waited = "other", other.Waited
			r.Charts = append(r.Charts, chart)
			if err != nil {
				return err
			}
			r.Row(s.Name, Given("sleepers", float64(sleepers), Things), Time("the other waited", waited))
			return nil
		})
		return waited, err
	}
	var sequential, pool []time.Duration // by the number of sleepers
	for n := range 2 {
		waited, err := behind(rig.Sequential, n)
		if err != nil {
			return r, err
		}
		sequential = append(sequential, waited)
	}
	for n := range p.n + 2 {
		waited, err := behind(rig.Pool, n)
		if err != nil {
			return r, err
		}
		pool = append(pool, waited)
	}
	r.Verdicts = p.verdicts(sequential[1], pool[p.n-1], pool[p.n])
	return r, nil
}

// verdicts judges by how long the other client waited: behind one sleeper at the sequential server,
// and behind one less than n, and n, at the pool.
func (p *sleepers) verdicts(sequential, less, full time.Duration) (verdicts []Verdict) {
	for _, claim := range []struct {
		text   string
		waited time.Duration
		blocks bool
	}{
		{"one sleeper blocks a sequential server", sequential, true},
		{fmt.Sprintf("a pool of %d serves on beside %s", p.n, several(p.n-1, "sleeper")), less, false},
		{fmt.Sprintf("%s block a pool of %d", several(p.n, "sleeper"), p.n), full, true},
	} {
		v := Verdict{Claim: claim.text, Expected: "served at once", Measured: "waited " + console.Duration(claim.waited)}
		v.Answer = answer(near(claim.waited, 0))
		if claim.blocks {
			v.Expected, v.Answer = "waits about "+console.Duration(p.d), answer(near(claim.waited, p.d))
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
