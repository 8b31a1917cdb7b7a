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
		Name:   "degradation",
		Place:  80,
		Claim:  "a pool degrades gracefully under load, a thread for each client collapses",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Measures how many requests a second a server can compute, and then lets clients arrive at up to four times that " +
			"rate, whether or not those before them have been answered. Each client has a patience. Computed is what the server did, " +
			"goodput what somebody was still there for. With clients that wait for ever (-patience 1m) it comes out otherwise.",
		Curves: []Curve{{"load", "goodput"}, {"load", "99 % know within"}},
		Setup: func(fs *flag.FlagSet) Run {
			var o overload
			work := duration(fs, "work", 10*time.Millisecond, time.Millisecond, "what one request computes, as the `time` that a processor needs")
			patience := duration(fs, "patience", 250*time.Millisecond, 10*time.Millisecond, "how much `time` a client has")
			d := duration(fs, "d", 700*time.Millisecond, 50*time.Millisecond, "how much `time` each measurement takes, after as much time for the load to build up")
			n := count(fs, "n", runtime.GOMAXPROCS(0), "the `number` of workers of part 3 and of slots of part 4")
			return func(ctx context.Context, t *Trial) error {
				o = overload{*work, *patience, *d, *n}
				return o.run(ctx, t)
			}
		},
	})
}

// overload is the parameters of the experiment.
type overload struct {
	work, patience, d time.Duration
	n                 int
}

var (
	loads         = []float64{0.5, 1, 2, 3, 4} // times the capacity
	overloadParts = []string{rig.Threaded, rig.Pool, rig.BoundedAccept}
)

// pressed is what a server does under the largest load, as shares of its capacity.
type pressed struct{ computed, inTime float64 }

// Under the largest load:
const (
	graceful = 0.5 // of the capacity must still be answered in time
	churning = 0.7 // must still be computed, for whomever
)

func (o overload) run(ctx context.Context, t *Trial) error {
	t.Steps(1 + len(overloadParts)*len(loads))
	t.Step("how many requests a second can be computed")
	var capacity float64
	err := o.with(ctx, t, rig.Threaded, func(s *rig.Server) error {
		l := rig.Press(ctx, s.Addr, o.path(), runtime.GOMAXPROCS(0), o.d)
		capacity = l.Rate()
		return l.Why
	})
	if err == nil && capacity == 0 {
		err = fmt.Errorf("-d %v: not one request of -work %v was answered in that time; want more of it", o.d, o.work)
	}
	if err != nil {
		return err
	}
	var last []pressed
	for _, part := range overloadParts {
		var p pressed
		for _, load := range loads {
			t.Step("%s at %g times %.0f requests a second", part, load, capacity)
			err := o.with(ctx, t, part, func(s *rig.Server) error {
				began := time.Now()
				l := rig.Arrive(ctx, s.Addr, o.path(), load*capacity, o.d, o.d, o.patience)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if l.Asked == 0 || l.Lag > o.patience {
					return fmt.Errorf("-d %v: of %d clients %d were done, and the latest came %v too late: the machine is too busy for this", o.d, l.Offered, l.Asked, l.Lag)
				}
				if l.Why != nil {
					return l.Why
				}
				m, err := s.Read(ctx)
				if err != nil {
					return err
				}
				computed := float64(m.Served+m.Failed) / time.Since(began).Seconds() // an overloaded server tells late
				t.Row(part, Figure{"load", load, Things, fmt.Sprintf("%g×", load)}, Rate("offered", float64(l.Offered)/l.Over.Seconds()),
					Rate("computed", computed), Rate("goodput", l.Rate()),
					Time("half know within", l.Quantile(.5)), Time("99 % know within", l.Quantile(.99)))
				p = pressed{computed / capacity, l.Rate() / capacity}
				return nil
			})
			if err != nil {
				return err
			}
		}
		last = append(last, p)
	}
	t.Note("Capacity here: %.0f requests a second of %v of computing, as %d clients got that asked one after the other.", capacity, o.work, runtime.GOMAXPROCS(0))
	degradationVerdicts(t, last[0], last[1], last[2])
	return nil
}

func (o overload) path() string { return fmt.Sprintf("/spin?d=%v", o.work) }

// with starts a server of its own for each load: what one load leaves behind must not meet the next.
func (o overload) with(ctx context.Context, t *Trial, part string, use func(*rig.Server) error) error {
	args := []string{"-protocol", "http", "-quiet", "-n", strconv.Itoa(o.n)}
	return t.Servers.With(ctx, part, args, func(s *rig.Server) error {
		if err := rig.Get(ctx, s.Addr, "/spin?d=1ms", 10*time.Second); err != nil { // now it knows how fast the processor is
			return err
		}
		return use(s)
	})
}

func degradationVerdicts(t *Trial, threaded, pool, bounded pressed) {
	const why = "All whom it cannot serve at once wait in order, and under overload that wait grows beyond any patience: it then computes for those who have just left. What is missing is a bound on the waiting, in the program or in the kernel."
	percent := func(share float64) string { return fmt.Sprintf("%.0f %% of the capacity", 100*share) }
	t.Verdict(Verdict{
		Claim:    "under four times its capacity a pool computes on",
		Expected: "at least " + percent(churning),
		Measured: percent(pool.computed),
		Holds:    pool.computed >= churning,
	})
	for _, part := range []struct {
		claim string
		pressed
	}{
		{"a pool degrades gracefully", pool},
		{"bounded accepting degrades gracefully", bounded},
	} {
		v := Verdict{
			Claim:    part.claim,
			Expected: "at least " + percent(graceful) + " in time",
			Measured: percent(part.inTime),
			Holds:    part.inTime >= graceful,
		}
		if !v.Holds && part.computed >= churning {
			v.Why = why
		}
		t.Verdict(v)
	}
	v := Verdict{
		Claim:    "a goroutine for each client collapses",
		Expected: "less than " + percent(graceful) + " in time",
		Measured: percent(threaded.inTime),
		Holds:    threaded.inTime < graceful,
	}
	if v.Holds && threaded.computed >= churning {
		v.Why = "It computes on, too. But all share the processors, so all are late together, and it computes for those who have left."
	}
	t.Verdict(v)
}
