package experiments

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"math"
	"slices"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var costs = Experiment{
	Name:   "costs",
	Claim:  "networks are millions of times slower than a CPU",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Measures what an addition takes here, a lock, a hand-over between goroutines, a system call, a round trip over loopback, and the start " +
		"of a goroutine, of a thread and of a process. It does each again and again for a moment, in batches, and takes the fastest batch, because " +
		"other programs can only make one slower. A fork copies the process; the other processes run another program. The last row, a round trip " +
		"between two continents, isn't measured: it is there to compare. For processes it also says how much memory each takes that holds a client " +
		"who says nothing: private is what no other process uses, and the page tables are the kernel's.",
	Bars:    []string{"time each"},
	LogBars: true,
	Setup: func(fs *flag.FlagSet) Run {
		var p costing
		console.DurationVar(fs, &p.d, "d", 150*time.Millisecond, time.Millisecond, time.Minute, "do each thing again and again for this `time`")
		return p.run
	},
}

type costing struct{ d time.Duration }

// What is done, by the subjects of the rows.
const (
	anAddition   = "an addition"
	aLock        = "a lock and unlock"
	aHandOver    = "a channel hand-over"
	aSystemCall  = "a system call"
	aGoroutine   = "a goroutine"
	aThread      = "a thread, in Go"
	aThreadInC   = "a thread, in C"
	aRoundTrip   = "a byte to part 2 and back"
	aConnection  = "a connection"
	aProcess     = "a process, in Go"
	aProcessInC  = "a process, in C"
	aFork        = "a fork, in C"
	idleInGo     = "an idle process, in Go"
	idleInC      = "an idle process, in C"
	aLongWay     = "between continents and back (given)"
	betweenLands = 100 * time.Millisecond // about what light takes in glass halfway round the Earth
)

func (p *costing) run(ctx context.Context, t *Trial) (r Result, err error) {
	things, err := p.things(ctx, t, &r)
	if err != nil {
		return r, err
	}
	found := make(timings)
	round := func() error {
		once := make(map[string]float64) // seconds
		for _, thing := range things {
			t.Step("%s", thing.name)
			if once[thing.name], err = p.seconds(ctx, thing); err != nil {
				return err
			}
		}
		t.Step("idle processes")
		if err := idle(ctx, t, &r); err != nil {
			return err
		}
		for _, thing := range things {
			found[thing.name] = append(found[thing.name], once[thing.name])
			r.Row(thing.name, costFigures(once[thing.name], once[anAddition])...)
		}
		r.Row(aLongWay, Given("time each", betweenLands.Seconds(), Seconds), inAdditions(betweenLands.Seconds(), once[anAddition]))
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(things)+1, round, found.verdicts)
	slices.SortStableFunc(r.Rows, func(a, b Row) int { return cmp.Compare(a.seconds(), b.seconds()) })
	t.noteFlaws(&r)
	return r, err
}

// idle measures what a process takes that holds a client who says nothing.
func idle(ctx context.Context, t *Trial, r *Result) error {
	for _, process := range []struct{ name, program string }{{idleInGo, rig.Inetd}, {idleInC, rig.CInetd}} {
		each, err := t.Idle(ctx, process.program)
		if errors.Is(err, rig.ErrNoTool) {
			continue // a note has said so
		}
		if err != nil {
			return err
		}
		r.Row(process.name, Memory("resident", each.Resident), Memory("private", each.Private), Memory("page tables", each.PageTables))
	}
	return nil
}

// seconds returns what the row took, or infinity if it has no time.
func (r Row) seconds() float64 {
	if f, _ := r.Figure("time each"); f.Unit == Seconds && f.Known() {
		return f.Value
	}
	return math.Inf(1)
}

func costFigures(seconds, addition float64) []Figure {
	if math.IsInf(seconds, 1) {
		return []Figure{{Name: "time each", Value: rig.Unknown, Unit: Seconds, Text: "it did not answer"}}
	}
	return []Figure{{Name: "time each", Value: seconds, Unit: Seconds}, inAdditions(seconds, addition)}
}

func inAdditions(seconds, addition float64) Figure {
	return Figure{Name: "in additions", Value: seconds / addition, Unit: Times}
}

// seconds returns how many seconds one thing takes. They are infinite if a server did not answer.
func (p *costing) seconds(ctx context.Context, thing thing) (float64, error) {
	seconds := math.Inf(1)
	err := thing.with(func(do func(n int) error) error {
		took, err := p.fastest(ctx, do)
		if err == nil {
			seconds = took
		}
		return err
	})
	if errors.Is(err, errSilent) && ctx.Err() == nil {
		return seconds, nil
	}
	return seconds, err
}

// A batch takes so long at least that the clock doesn't matter. Of several, one is free of what other programs do.
const (
	batch         = 15 * time.Millisecond
	fewestBatches = 3
)

// fastest returns how many seconds one of n things takes that do does, in the fastest batch.
func (p *costing) fastest(ctx context.Context, do func(n int) error) (seconds float64, err error) {
	seconds = math.Inf(1)
	began, least, batches := time.Now(), min(batch, p.d), 0
	for n := 1; batches < fewestBatches || time.Since(began) < p.d; {
		start := time.Now()
		if err := cmp.Or(do(n), ctx.Err()); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= least {
			seconds = min(seconds, took.Seconds()/float64(n))
			batches++
		} else {
			n *= 2
		}
	}
	return seconds, nil
}
