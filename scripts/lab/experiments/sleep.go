package experiments

import (
	"context"
	"flag"
	"fmt"
	"math"
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
	if p.d < 2*leastWait {
		return r, console.Usagef("-d %v: want at least %v, or a wait cannot be told from none", p.d, 2*leastWait)
	}
	waits := make(map[behind]Sample)
	round := func() error {
		for _, b := range p.arms() {
			if err := p.ask(ctx, t, b, &r, waits); err != nil {
				return err
			}
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(p.arms()), round, func() []Verdict { return p.verdicts(waits) })
	return r, err
}

// behind is a client's place: behind so many sleepers at a part.
type behind struct {
	part     string
	sleepers int
}

func (p *sleepers) arms() []behind {
	arms := []behind{{rig.Sequential, 0}, {rig.Sequential, 1}}
	for n := range p.n + 2 {
		arms = append(arms, behind{rig.Pool, n})
	}
	return arms
}

// ask lets the sleepers and one other client ask the part, and notes how long that one waited: for ever if it was not
// served.
func (p *sleepers) ask(ctx context.Context, t *Trial, b behind, r *Result, waits map[behind]Sample) error {
	t.Step("%s and one other client ask %s", several(b.sleepers, "sleeper"), b.part)
	return t.Try(ctx, b.part, []string{"-protocol", "http", rig.N(p.n)}, func(s *rig.Server) error {
		var paths []string
		for range b.sleepers {
			paths = append(paths, fmt.Sprintf("/sleep?d=%v", p.d))
		}
		chart := talk(ctx, s, client.Run{Clients: b.sleepers + 1, Protocol: "http", Paths: append(paths, "/")})
		chart.Title = fmt.Sprintf("%s, %s", s.Name, several(b.sleepers, "sleeper"))
		for i := range b.sleepers {
			chart.Lanes[i].Name = fmt.Sprint("sleeper", i+1)
		}
		other := &chart.Lanes[b.sleepers]
		other.Name = "other"
		if t.round == 1 {
			r.Charts = append(r.Charts, chart)
		}
		waited := Time("the other waited", other.Waited)
		if other.Failure != "" {
			waited = waited.As("not served")
			waits[b] = append(waits[b], math.Inf(1))
		} else {
			waits[b] = append(waits[b], other.Waited.Seconds())
		}
		r.Row(s.Name, Given("sleepers", float64(b.sleepers), Things), waited)
		return nil
	})
}

// verdicts judges by how long the other client waited: behind one sleeper at the sequential server, and behind one
// less than n, and n, at the pool.
func (p *sleepers) verdicts(waits map[behind]Sample) (verdicts []Verdict) {
	for _, claim := range []struct {
		text   string
		behind behind
		want   time.Duration
	}{
		{"one sleeper blocks a sequential server", behind{rig.Sequential, 1}, p.d},
		{fmt.Sprintf("a pool of %d serves on beside %s", p.n, several(p.n-1, "sleeper")), behind{rig.Pool, p.n - 1}, 0},
		{fmt.Sprintf("%s block a pool of %d", several(p.n, "sleeper"), p.n), behind{rig.Pool, p.n}, p.d},
	} {
		got := waits[claim.behind]
		v := Verdict{Claim: claim.text, Expected: "served at once", Measured: "waited " + got.In(Seconds), Answer: waited(got, claim.want)}
		if claim.want > 0 {
			v.Expected = "waits about " + console.Duration(p.d)
		}
		if math.IsInf(got.Median(), 1) {
			v.Measured = "not served"
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
