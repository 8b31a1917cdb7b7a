package experiments

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "cpu-bound",
		Place:  70,
		Claim:  "a few dozen CPU-bound clients bring a server to its knees",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Over http, lets four clients request / again and again, which costs next to nothing; first alone, then beside " +
			"clients that request /spin again and again, which computes.",
		Setup: func(fs *flag.FlagSet) Run {
			heavy := count(fs, "heavy", 24, "the `number` of clients that let the server compute")
			work := duration(fs, "work", 50*time.Millisecond, time.Millisecond, "what one request computes, as the `time` that a processor needs")
			d := duration(fs, "d", 1500*time.Millisecond, 50*time.Millisecond, "how much `time` each measurement takes")
			return func(ctx context.Context, t *Trial) error { return cpuBound(ctx, t, *heavy, *work, *d) }
		},
	})
}

const (
	cheapClients = 4
	largePool    = 64
	onItsKnees   = 10 // times fewer answers
)

func cpuBound(ctx context.Context, t *Trial, heavy int, work, d time.Duration) error {
	type setup struct {
		part string
		n    int
	}
	setups := []setup{{rig.Sequential, 0}, {rig.Threaded, 0}, {rig.Pool, 2}, {rig.Pool, largePool}, {rig.BoundedAccept, 2}, {rig.BoundedAccept, largePool}}
	t.Steps(2 * len(setups))
	slowdown := make(map[setup]float64)
	latency := make(map[setup]time.Duration)
	for _, setup := range setups {
		args, name := []string{"-protocol", "http", "-quiet"}, setup.part
		if setup.n > 0 {
			n := strconv.Itoa(setup.n)
			args, name = append(args, "-n", n), name+" -n "+n
		}
		var rates []float64
		for _, heavy := range []int{0, heavy} {
			t.Step("%s: four cheap clients beside %d heavy ones", name, heavy)
			err := t.Servers.With(ctx, setup.part, args, func(s *rig.Server) error {
				cheap, spun, err := besideHeavy(ctx, s, heavy, work, d)
				if err != nil {
					return err
				}
				half, most := Time("cheap: median", cheap.Quantile(.5)), Time("cheap: 99 %", cheap.Quantile(.99))
				if cheap.Answered == 0 {
					half, most = half.As("no answer"), most.As("no answer")
				}
				t.Row(name, Count("heavy clients", int64(heavy)), Rate("cheap answers", cheap.Rate()), half, most, Rate("heavy answers", spun))
				rates = append(rates, cheap.Rate())
				latency[setup] = cheap.Quantile(.5)
				return nil
			})
			if err != nil {
				return err
			}
		}
		slowdown[setup] = rates[0] / max(rates[1], 1/d.Seconds())
	}
	kneesVerdicts(t, heavy, slowdown[setup{rig.Threaded, 0}], slowdown[setup{rig.Pool, 2}], latency[setup{rig.Threaded, 0}])
	return nil
}

// besideHeavy is what cheap clients get, and how many answers a second the heavy ones beside them.
func besideHeavy(ctx context.Context, s *rig.Server, heavy int, work, d time.Duration) (*rig.Load, float64, error) {
	if err := rig.Get(ctx, s.Addr, "/spin?d=1ms", 10*time.Second); err != nil { // now it knows how fast the processor is
		return nil, 0, err
	}
	var spun *rig.Load
	done := make(chan struct{})
	go func() {
		defer close(done)
		spun = rig.Press(ctx, s.Addr, fmt.Sprintf("/spin?d=%v", work), heavy, work+d)
	}()
	rig.Sleep(ctx, work) // then all of them are there
	cheap := rig.Press(ctx, s.Addr, "/", cheapClients, d)
	<-done
	if cheap.Why != nil {
		return nil, 0, cheap.Why
	}
	return cheap, spun.Rate(), spun.Why
}

func kneesVerdicts(t *Trial, heavy int, threaded, pool float64, latency time.Duration) {
	fewer := func(times float64) string { return fmt.Sprintf("%.0f times fewer", times) }
	v := Verdict{
		Claim:    fmt.Sprintf("%d CPU-bound clients bring a server to its knees that has a goroutine for each", heavy),
		Expected: fmt.Sprintf("at least %d times fewer cheap answers", onItsKnees),
		Measured: fewer(threaded),
		Holds:    threaded >= onItsKnees,
	}
	if v.Holds {
		v.Why = "The cheap clients share the processors with all that compute, and get an answer in " + console.Duration(latency) + "."
	}
	t.Verdict(v)
	v = Verdict{
		Claim:    "a pool of two workers spares the cheap clients that",
		Expected: fmt.Sprintf("less than %d times fewer", onItsKnees),
		Measured: fewer(pool),
		Holds:    pool < onItsKnees,
	}
	if !v.Holds {
		v.Why = "There is one queue for all: a cheap request waits until every heavy one before it has been computed."
	}
	t.Verdict(v)
}
