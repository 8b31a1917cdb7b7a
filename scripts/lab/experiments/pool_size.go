package experiments

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var poolSize = Experiment{
	Name:   "pool-size",
	Claim:  "the right size of a pool depends on the work and on the machine",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Presses part 3 with one and the same number of clients while its number of workers doubles: with requests that " +
		"wait, and with requests that compute. The knee is the smallest number of workers that does nearly as well as the best.",
	Curves: []Curve{{X: "workers", Y: "answers"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p sizing
		console.DurationVar(fs, &p.work, "work", 10*time.Millisecond, time.Millisecond, 10*time.Second, "how much `time` a request waits, or computes")
		console.DurationVar(fs, &p.d, "d", 700*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes")
		return p.run
	},
}

type sizing struct{ work, d time.Duration }

// poolSizes returns sizes that double from 1 up to 32 at least, and to more than a machine with so
// many processors can use.
func poolSizes(processors int) []int {
	sizes := []int{1}
	for largest := 1; largest < max(32, 2*processors); sizes = append(sizes, largest) {
		largest *= 2
	}
	return sizes
}

func (p *sizing) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.d <= p.work {
		return r, console.Usagef("-d %v: want more than -work, which is %v, or nobody is answered in that time", p.d, p.work)
	}
	sizes := poolSizes(runtime.GOMAXPROCS(0))
	clients := slices.Max(sizes) // as many as the largest pool has workers
	t.Steps(2 * len(sizes))
	knees := make(map[string]int)
	for _, kind := range []struct{ name, path string }{{"waiting", "/sleep?d="}, {"computing", "/spin?d="}} {
		var rates []float64
		for _, n := range sizes {
			t.Step("%s, %d workers", kind.name, n)
			err := t.With(ctx, rig.Pool, []string{"-protocol", "http", "-quiet", rig.N(n)}, func(s *rig.Server) error {
				l := rig.Press(ctx, client.Dial(s.Addr), kind.path+p.work.String(), clients, p.d)
				r.Row(s.Label(kind.name), Given("workers", float64(n), Things), Rate("answers", l.Rate()),
					Within("half answered within", l, .5), Within("99 % answered within", l, .99))
				if l.Count(rig.Answered) == 0 {
					return fmt.Errorf("no answer within %v: %w; run it again, or with a longer -d", p.d, console.ErrBusy)
				}
				rates = append(rates, l.Rate())
				return nil
			})
			if err != nil {
				return r, err
			}
		}
		knees[kind.name] = sizes[knee(rates)]
	}
	r.Verdicts = poolSizeVerdicts(knees["waiting"], knees["computing"], clients, runtime.GOMAXPROCS(0))
	return r, nil
}

// atKnee is how near to the best rate a rate must be, to be nearly as good.
const atKnee = 0.8

// knee returns the index of the first rate that is nearly as good as the best. There must be a rate.
func knee(rates []float64) int {
	best := slices.Max(rates)
	return slices.IndexFunc(rates, func(r float64) bool { return r >= atKnee*best })
}

// poolSizeVerdicts judges by the knees for waiting and for computing.
func poolSizeVerdicts(waiting, computing, largest, processors int) []Verdict {
	size := func(knee int) string {
		if knee == largest {
			return fmt.Sprintf("%d or more", knee)
		}
		return fmt.Sprint(knee)
	}
	least, most := (processors+1)/2, 2*processors // sizes double, and the clients compute as well
	return []Verdict{{Claim: "the right size depends on the work", Answer: answer(waiting != computing),
		Expected: "two sizes", Measured: size(waiting) + " for waiting, " + size(computing) + " for computing"}, {
		Claim:    "for computing, the right size is about what the machine has processors",
		Expected: fmt.Sprintf("%d to %d, since it has %d", least, most, processors),
		Measured: size(computing),
		Answer:   answer(computing >= least && computing <= most),
	}}
}
