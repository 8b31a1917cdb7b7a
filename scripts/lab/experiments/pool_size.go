package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var poolSize = Experiment{
	Name:   "pool-size",
	Claim:  "the right size of a pool depends on the work and on the machine",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Presses part 3 with more clients than it has workers, while the number of workers doubles: with requests that wait, " +
		"and with requests that compute. Gives the server one processor, then more, up to all. The knee is the smallest " +
		"number of workers that does nearly as well as the best.",
	Curves: []Curve{{X: "workers", Y: "answers", Title: "answers over workers, for two kinds of work", LogY: true}},
	Setup: func(fs *flag.FlagSet) Run {
		var p sizing
		console.DurationVar(fs, &p.wait, "wait", 20*time.Millisecond, time.Millisecond, 10*time.Second, "how much `time` a request waits")
		console.DurationVar(fs, &p.work, "work", 5*time.Millisecond, time.Millisecond, 10*time.Second, "what a request computes, as the `time` that a processor needs")
		console.DurationVar(fs, &p.d, "d", 180*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes")
		return p.run
	},
}

type sizing struct{ wait, work, d time.Duration }

// A poolWork is what the clients of a pool request, how many processors the server has for it, and how many workers.
type poolWork struct {
	kind, path string
	takes      time.Duration // a request alone
	processors int
	sizes      []int
}

func (w poolWork) String() string { return w.kind + " on " + several(w.processors, "processor") }

// first returns how long it takes until each of n workers has done a request.
func (w poolWork) first(n int) time.Duration {
	if w.kind == waiting {
		return w.takes
	}
	return w.takes * time.Duration(n) / time.Duration(w.processors)
}

const waiting, computes = "waiting", "computing"

// works returns what is measured on a machine that has so many processors: waiting on one processor, then computing on
// one, on more, and on all.
func (p *sizing) works(all int, quick bool) []poolWork {
	sizes, most := poolSizes(2, 32), 32
	if quick {
		sizes, most = poolSizes(4, 64), 8
	}
	works := []poolWork{{waiting, "/sleep?d=" + p.wait.String(), p.wait, 1, sizes}}
	for _, processors := range given(all) {
		works = append(works, poolWork{computes, spin(p.work), p.work, processors, poolSizes(2, max(most, 2*processors))})
	}
	return works
}

// given returns the numbers of processors that the server gets, on a machine that has so many.
func given(all int) []int { return slices.Compact([]int{1, min(2, all), all}) }

// poolSizes returns sizes from 1 up to most at least, each so many times the one before it.
func poolSizes(times, most int) []int {
	sizes := []int{1}
	for last := 1; last < most; sizes = append(sizes, last) {
		last *= times
	}
	return sizes
}

func (p *sizing) run(ctx context.Context, t *Trial) (r Result, err error) {
	if longest := max(p.wait, p.work); p.d <= longest {
		return r, console.Usagef("-d %v: want more than -wait and -work, of which one is %v, or nobody is answered in that time", p.d, longest)
	}
	all := runtime.GOMAXPROCS(0)
	works, steps := p.works(all, t.Quick), 0
	for _, w := range works {
		steps += len(w.sizes)
	}
	found := poolKnees{all: all, computing: make(map[int]Sample)}
	round := func() error {
		var got []poolRates
		free := processorsFree(all)
		for _, w := range works {
			rates, err := p.press(ctx, t, w)
			if err != nil {
				return err
			}
			got = append(got, rates)
		}
		for _, g := range got {
			g.show(&r)
		}
		found = found.and(got, free && processorsFree(all))
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, steps, round, func() []Verdict { return found.verdicts() })
	return r, err
}

// apart reports whether the server computed clearly more on all processors than on one. If it did not, either it does not
// use them, or other programs had them.
func apart(one, all poolRates) bool {
	return all.processors == one.processors || slices.Max(all.rates) >= 1.4*slices.Max(one.rates)
}

// poolRates are the answers per second of pools of different sizes, in one round.
type poolRates struct {
	poolWork
	label string
	rates []float64 // for each of the sizes
	ended []bool    // the server ended by itself
}

// press measures pools of different sizes.
func (p *sizing) press(ctx context.Context, t *Trial, w poolWork) (poolRates, error) {
	got := poolRates{poolWork: w}
	clients := 2 * slices.Max(w.sizes) // some wait for a worker, however many workers there are
	for _, n := range w.sizes {
		t.Step("%v, %s", w, several(n, "worker"))
		rate := 0.0
		err := t.On(w.processors).With(ctx, rig.Pool, []string{"-protocol", "http", "-quiet", rig.N(n)}, func(s *rig.Server) error {
			got.label = s.Label(w.String())
			warm := min(w.first(n), p.d)
			pressing, stop := context.WithTimeout(ctx, warm+p.d) // nobody waits for the requests that are still open then
			defer stop()
			rate = rig.Press(pressing, client.Dial(s.Addr), w.path, clients, warm+p.d).Between(warm, warm+p.d).Rate()
			return nil
		})
		ended := errors.Is(err, rig.ErrEnded)
		if err != nil && !ended {
			return got, err
		}
		got.rates, got.ended = append(got.rates, rate), append(got.ended, ended)
	}
	return got, nil
}

// show adds a row for each size.
func (g poolRates) show(r *Result) {
	for i, n := range g.sizes {
		answers := Rate("answers", g.rates[i])
		if g.ended[i] {
			answers = answers.As("it ended")
		}
		r.Row(g.label, Given("workers", float64(n), Things), answers)
	}
}

// knee returns the smallest size that does nearly as well as the best.
func (g poolRates) knee() float64 { return float64(g.sizes[knee(g.rates)]) }

// atKnee is how near to the best rate a rate must be, to be nearly as good.
// On half of the processors that it could use, a server does half as well, so this has room on both sides.
const atKnee = 0.7

// knee returns the index of the first rate that is nearly as good as the best. There must be a rate.
func knee(rates []float64) int {
	best := slices.Max(rates)
	return slices.IndexFunc(rates, func(r float64) bool { return r >= atKnee*best })
}

// poolKnees are the right sizes, in each round.
type poolKnees struct {
	all       int            // processors of the machine
	waiting   Sample         // on one processor
	one       Sample         // for computing on one processor
	times     Sample         // the one for waiting is so many times that
	computing map[int]Sample // by the number of processors, in the rounds that tell
	follows   Sample         // that for computing on all processors is so many times that on one, in the same rounds
	silent    int            // rounds in which the server answered nobody, whatever its size
}

// and adds a round. The first rates are for waiting, those for computing follow, from one processor to all. The server
// must have had the processors: it shows so itself, or they were free before it and after it. Where nobody was answered,
// no size is the right one.
func (k poolKnees) and(got []poolRates, free bool) poolKnees {
	if slices.ContainsFunc(got, func(g poolRates) bool { return slices.Max(g.rates) == 0 }) {
		k.silent++
		return k
	}
	computing := got[1:]
	one, all := computing[0], computing[len(computing)-1]
	k.waiting = append(k.waiting, got[0].knee())
	k.one = append(k.one, one.knee())
	k.times = append(k.times, got[0].knee()/one.knee())
	if !free && !apart(one, all) {
		return k
	}
	for _, g := range computing {
		k.computing[g.processors] = append(k.computing[g.processors], g.knee())
	}
	k.follows = append(k.follows, all.knee()/one.knee())
	return k
}

// verdicts judges by the right sizes.
func (k poolKnees) verdicts() []Verdict {
	verdicts := []Verdict{{Claim: "the right size depends on the work", Answer: k.times.Within(2, math.Inf(1)),
		Expected: "on one processor, for waiting more than twice that for computing",
		Measured: fmt.Sprintf("%s for waiting, %s for computing", k.waiting.In(Things), k.one.In(Things))}, k.followVerdict()}
	if k.silent > 0 && len(k.times) == 0 {
		for i := range verdicts {
			v := &verdicts[i]
			v.Answer, v.Measured, v.final = CouldNotTell, "it answered nobody", true
			v.Why = "No size is the right one for a server that answers nobody."
		}
	}
	return verdicts
}

// followVerdict judges whether the right size is about the number of processors. Sizes double, so a knee may be twice
// what would do.
func (k poolKnees) followVerdict() Verdict {
	v := Verdict{Claim: "for computing, it is about the number of the server's processors, and follows it"}
	all := float64(k.all)
	v.Answer = k.follows.Within(.6*all, 2.5*all)
	if k.all == 1 {
		v.Answer, v.Why = CouldNotTell, "This machine, or GOMAXPROCS, allows one processor, so there is nothing to follow."
	}
	var expected, measured []string
	for _, n := range given(k.all) {
		knees := k.computing[n]
		v.Answer = both(v.Answer, knees.Within(.5*float64(n), 2.5*float64(n)))
		expected = append(expected, fmt.Sprintf("about %d on %d", n, n))
		measured = append(measured, fmt.Sprintf("%s on %d", knees.In(Things), n))
	}
	v.Expected, v.Measured = strings.Join(expected, ", "), strings.Join(measured, ", ")
	if told := len(k.follows); told < fewestRounds {
		v.Answer, v.Measured = CouldNotTell, several(told, "round")+" told"
		v.Why = "In the others the server computed about as much on all processors as on one, and other programs had some of them."
	}
	return v
}
