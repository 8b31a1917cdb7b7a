package experiments

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
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
		"other programs can only make one slower. The last row, a round trip between two continents, isn't measured: it is there to compare.",
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
	aThread      = "a thread"
	aRoundTrip   = "a byte to part 2 and back"
	aConnection  = "a connection"
	aProcess     = "a process, in Go"
	aProcessInC  = "a process, in C"
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
		for _, thing := range things {
			found[thing.name] = append(found[thing.name], once[thing.name])
			r.Row(thing.name, costFigures(once[thing.name], once[anAddition])...)
		}
		r.Row(aLongWay, Given("time each", betweenLands.Seconds(), Seconds), inAdditions(betweenLands.Seconds(), once[anAddition]))
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(things), round, found.verdicts)
	slices.SortStableFunc(r.Rows, func(a, b Row) int { return cmp.Compare(a.Figures[0].Value, b.Figures[0].Value) })
	t.noteFlaws(&r)
	return r, err
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

// batch is how long it takes at least to do something so often that the clock doesn't matter.
const batch = 15 * time.Millisecond

// fastest returns how many seconds one of n things takes that do does, in the fastest batch.
func (p *costing) fastest(ctx context.Context, do func(n int) error) (seconds float64, err error) {
	seconds = math.Inf(1)
	began, least := time.Now(), min(batch, p.d)
	for n := 1; math.IsInf(seconds, 1) || time.Since(began) < p.d; {
		start := time.Now()
		if err := cmp.Or(do(n), ctx.Err()); err != nil {
			return 0, err
		}
		if took := time.Since(start); took >= least {
			seconds = min(seconds, took.Seconds()/float64(n))
		} else {
			n *= 2
		}
	}
	return seconds, nil
}

// timings are how many seconds each thing took, round by round.
type timings map[string]Sample

// ratio returns how often one thing could be done while the other is done once.
func (t timings) ratio(other, one string) (ratio Sample) {
	for i, seconds := range t[other] {
		ratio = append(ratio, seconds/t[one][i])
	}
	return ratio
}

// A round trip is slow by the text if it takes a million additions, and no network takes a hundred thousand times that.
const (
	millions    = 1e6
	tooManyAdds = 1e11
)

// A process is dear if it takes a hundred goroutines. It can't take ten million of them, or a second.
const (
	dear    = 100
	tooDear = 1e7
)

func (t timings) verdicts() []Verdict {
	trip := t.ratio(aRoundTrip, anAddition)
	network := Verdict{Claim: "a byte over loopback and back takes a million additions", Answer: trip.Within(millions, tooManyAdds),
		Expected: "at least 1,000,000 additions", Measured: trip.In(Times) + " additions"}
	switch {
	case math.IsInf(trip.Median(), 1):
		network.Answer, network.final, network.Measured = CouldNotTell, true, "it did not answer"
		network.Why = "A server that doesn't answer says nothing about the network."
	case network.Answer == DoesNotHold:
		far := betweenLands.Seconds() / t[anAddition].Median()
		network.Why = fmt.Sprintf("Loopback is the shortest of networks. A round trip of %s between continents would take %s additions.",
			console.Duration(betweenLands), Times.Format(far))
	}
	starts := t.ratio(aProcess, aGoroutine)
	process := Verdict{Claim: "a process takes more than a hundred goroutines to start", Answer: starts.Within(dear, tooDear),
		Expected: "at least 100 goroutines", Measured: starts.In(Times) + " goroutines"}
	if process.Answer == Holds && runtime.GOOS == "linux" {
		process.Why = "Warden writes that a new process can be time-consuming on some systems, though not on Linux. Beside a goroutine it is so on Linux, too."
	}
	return []Verdict{network, process}
}
