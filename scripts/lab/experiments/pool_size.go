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
			work := duration(fs, "work", 10*time.Millisecond, time.Millisecond, "how much `time` a request waits, or computes")
			d := duration(fs, "d", 700*time.Millisecond, 50*time.Millisecond, "how much `time` each measurement takes")
			return func(ctx context.Context, t *Trial) error { return poolSize(ctx, t, *work, *d) }
		},
	})
}

var poolSizes = []int{1, 2, 4, 8, 16, 32}

const (
	pressing = 32  // clients: as many as the largest pool has workers
	atKnee   = 0.8 // of the best
)

func poolSize(ctx context.Context, t *Trial, work, d time.Duration) error {
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
				t.Row(kind.name, Count("workers", int64(n)), Rate("answers", l.Rate()), Time("median", l.Quantile(.5)), Time("99 %", l.Quantile(.99)))
				rates = append(rates, l.Rate())
				return l.Why
			})
			if err != nil {
				return err
			}
		}
		knees[kind.name] = poolSizes[knee(rates)]
	}
	poolSizeVerdicts(t, knees["waiting"], knees["computing"], runtime.GOMAXPROCS(0))
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

func poolSizeVerdicts(t *Trial, waiting, computing, processors int) {
	t.Verdict(Verdict{
		Claim:    "the right size depends on the work",
		Expected: "two sizes",
		Measured: fmt.Sprintf("%d for waiting, %d for computing", waiting, computing),
		Holds:    waiting != computing,
	})
	t.Verdict(Verdict{
		Claim:    "for computing it is what the machine has",
		Expected: fmt.Sprintf("%d, as it has processors", processors),
		Measured: fmt.Sprint(computing),
		Holds:    computing >= (processors+1)/2 && computing <= 2*processors, // sizes double, and the clients compute as well
	})
}
