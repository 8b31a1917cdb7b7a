package experiments

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
)

func init() {
	add(Experiment{
		Name:   "pool-size",
		Place:  90,
		Claim:  "the right size of a pool depends on the work and on the machine",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Presses part 3 with one and the same number of clients while its number of workers doubles: with requests that " +
			"wait, and with requests that compute. The knee is the smallest number of workers that does nearly as well as the best.",
		Curves: []Curve{{"workers", "answers"}},
		Setup: func(fs *flag.FlagSet) Run {
			work := duration(fs, "work", 10*time.Millisecond, time.Millisecond, 10*time.Second, "how much `time` a request waits, or computes")
			d := duration(fs, "d", 700*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes")
			return func(ctx context.Context, t *Trial) error { return poolSize(ctx, t, *work, *d) }
		},
	})
}

// poolSizes double from 1 up to 32 at least, and to more than what a machine of so many processors can use.
func poolSizes(processors int) []int {
	sizes := []int{1}
	for largest := 1; largest < max(32, 2*processors); sizes = append(sizes, largest) {
		largest *= 2
	}
	return sizes
}

// atKnee is how near to the best rate a rate must be, to be nearly as good.
const atKnee = 0.8

func poolSize(ctx context.Context, t *Trial, work, d time.Duration) error {
	poolSizes := poolSizes(runtime.GOMAXPROCS(0))
	pressing := poolSizes[len(poolSizes)-1] // clients: as many as the largest pool has workers
	t.Steps(2 * len(poolSizes))
	knees := make(map[string]int)
	for _, kind := range []struct{ name, path string }{
		{"waiting", fmt.Sprintf("/sleep?d=%v", work)},
		{"computing", fmt.Sprintf("/spin?d=%v", work)},
	} {
		var rates []float64
		for _, n := range poolSizes {
			t.Step("%s, %d workers", kind.name, n)
			args := []string{"-protocol", "http", "-quiet", "-n", strconv.Itoa(n)}
			err := t.Servers.With(ctx, rig.Pool, args, func(s *rig.Server) error {
				if err := rig.Get(ctx, s.Addr, "/spin?d=1ms", 10*time.Second); err != nil { // now it knows how fast the processor is
					return err
				}
				l := rig.Press(ctx, s.Addr, kind.path, pressing, d)
				t.Row(kind.name, Count("workers", int64(n)), Rate("answers", l.Rate()),
					Within("half answered within", l, .5), Within("99 % answered within", l, .99))
				if l.Why == nil && l.Answered == 0 {
					return fmt.Errorf("no answer within %v: want a longer -d, or a shorter -work than %v", d, work)
				}
				rates = append(rates, l.Rate())
				return l.Why
			})
			if err != nil {
				return err
			}
		}
		knees[kind.name] = poolSizes[knee(rates)]
	}
	poolSizeVerdicts(t, knees["waiting"], knees["computing"], pressing, runtime.GOMAXPROCS(0))
	return nil
}

// knee is the index of the first rate that is nearly as good as the best.
func knee(rates []float64) int {
	best := 0.0
	for _, r := range rates {
		best = max(best, r)
	}
	for i, r := range rates {
		if r >= atKnee*best {
			return i
		}
	}
	return 0
}

func poolSizeVerdicts(t *Trial, waiting, computing, largest, processors int) {
	size := func(knee int) string {
		if knee == largest {
			return fmt.Sprintf("%d or more", knee)
		}
		return fmt.Sprint(knee)
	}
	t.Verdict(Verdict{
		Claim:    "the right size depends on the work",
		Expected: "two sizes",
		Measured: size(waiting) + " for waiting, " + size(computing) + " for computing",
		Holds:    waiting != computing,
	})
	least, most := (processors+1)/2, 2*processors // sizes double, and the clients compute as well
	t.Verdict(Verdict{
		Claim:    "for computing, the right size is about what the machine has processors",
		Expected: fmt.Sprintf("%d to %d, since it has %d", least, most, processors),
		Measured: size(computing),
		Holds:    computing >= least && computing <= most,
	})
}
