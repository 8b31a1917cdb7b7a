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

var idleFlood = Experiment{
	Name:   "idle-flood",
	Claim:  "clients that sit idle kill a server with a thread for each, and not one with a pool",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Has more and more clients connect and say nothing, and reads what each server has and uses. Then one honest " +
		"client asks each server to be served.",
	Curves: []Curve{{X: "clients", Y: "memory"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p flood
		console.CountVar(fs, &p.clients, "clients", 2000, "the `number` of idle clients in the end")
		console.DurationVar(fs, &p.patience, "patience", time.Second, 10*time.Millisecond, time.Minute, "how much `time` the honest client has")
		return p.run
	},
}

type flood struct {
	clients  int
	patience time.Duration
}

const (
	floodSteps = 4 // waves in which the clients of a flood come
	fewestIdle = 20
)

// flooded is what became of a server with idle clients.
type flooded struct {
	honest    rig.Visit // of one more client
	perClient int64     // bytes of memory for each idle client that the server holds, or [rig.Unknown]
}

func (p *flood) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients < fewestIdle {
		return r, console.Usagef("-clients %d: want at least %d, or it is no flood", p.clients, fewestIdle)
	}
	t.Steps(len(rig.Parts) + 1)
	got := make(map[string]flooded)
	step := fmt.Sprintf("%d idle clients connect to %%s", p.clients)
	err = t.EachPart(ctx, step, []string{"-quiet"}, func(s *rig.Server) (err error) {
		got[s.Part], err = p.flood(ctx, s, s.Name, &r)
		return err
	})
	if err != nil {
		return r, err
	}
	t.Step(step, "part2 with a thread for each")
	var threads flooded
	err = t.With(ctx, rig.Threaded, []string{"-quiet", "-os-threads"}, func(s *rig.Server) (err error) {
		threads, err = p.flood(ctx, s, s.Label("part2, a thread each"), &r)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Verdicts = p.verdicts(threads, got[rig.Threaded], got[rig.Pool])
	return r, nil
}

// flood lets idle clients come to s in waves, and then an honest one. It adds a row for each wave.
func (p *flood) flood(ctx context.Context, s *rig.Server, name string, r *Result) (got flooded, err error) {
	crowd := rig.NewCrowd(s.Addr)
	defer crowd.Close()
	var first int64
	for wave := range floodSteps + 1 {
		err := crowd.Join(ctx, p.clients*wave/floodSteps-crowd.Held())
		if err != nil && !errors.Is(err, rig.ErrFull) { // a full backlog keeps the flood out, which is a result
			return got, err
		}
		m, err := s.Settled(ctx)
		if err != nil {
			return got, err
		}
		held := int64(crowd.Held())
		figures := []Figure{Given("clients", float64(held), Things), Memory("memory", m.Resident), Count("open files", m.Descriptors),
			Count("goroutines", int64(m.Goroutines)), Count("in the backlog", m.Backlog)}
		if wave == 0 {
			first = m.Resident
		}
		if wave == floodSteps {
			got = flooded{rig.Visitor(ctx, s.Addr, p.patience), memoryEach(first, m.Resident, held)}
			honest := Time("honest client", got.honest.Known)
			if !got.honest.Greeted {
				honest = honest.As("not served")
			}
			figures = append(figures, honest)
		}
		r.Row(name, figures...)
	}
	return got, nil
}

// memoryEach returns the memory of each of the clients that a server holds, as far as it is known.
func memoryEach(before, after, clients int64) int64 {
	if after == rig.Unknown || clients == 0 {
		return rig.Unknown
	}
	return (after - before) / clients
}

// verdicts judges the three servers that the claim is about.
func (p *flood) verdicts(threads, goroutines, pool flooded) (verdicts []Verdict) {
	for _, claim := range []struct {
		text string
		flooded
	}{
		{fmt.Sprintf("%d idle clients kill a server with a thread for each", p.clients), threads},
		{fmt.Sprintf("%d idle clients kill a server with a goroutine for each", p.clients), goroutines},
	} {
		v := Verdict{Claim: claim.text, Answer: answer(!claim.honest.Greeted),
			Expected: "the honest client is not served", Measured: outcome(claim.honest)}
		if claim.honest.Greeted && claim.perClient != rig.Unknown {
			v.Why = "Each of them costs " + Memory("", claim.perClient).String() + " of memory here. With far more of them, it would run out of that, or before that of open files (ulimit -n)."
		}
		verdicts = append(verdicts, v)
	}
	v := Verdict{Claim: "a pool serves on beside idle clients", Answer: answer(pool.honest.Greeted),
		Expected: "the honest client is served", Measured: outcome(pool.honest)}
	if !pool.honest.Greeted {
		v.Why = "An idle client keeps its worker until the idle timeout frees it, and so does the next one in the queue; see the experiment squatters."
	}
	return append(verdicts, v)
}
