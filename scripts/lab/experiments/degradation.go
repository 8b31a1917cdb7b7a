package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
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
			work := duration(fs, "work", 10*time.Millisecond, time.Millisecond, 10*time.Second, "what one request computes, as the `time` that a processor needs")
			patience := duration(fs, "patience", 250*time.Millisecond, 10*time.Millisecond, time.Minute, "how much `time` a client has")
			d := duration(fs, "d", 700*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes, after as much time for the load to build up")
			n := count(fs, "n", runtime.GOMAXPROCS(0), "the `number` of workers of part 3 and of slots of part 4 (default: of processors)")
			fs.Lookup("n").DefValue = "" // the help is the same on every machine
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
	if o.patience <= o.work {
		return console.Usagef("-patience %v: want more than -work, which is %v, or nobody can be answered in time", o.patience, o.work)
	}
	t.Steps(1 + len(overloadParts)*len(loads))
	t.Step("how many requests a second can be computed")
	capacity, err := o.capacity(ctx, t)
	if err != nil {
		return err
	}
	var last []pressed
	for _, part := range overloadParts {
		var p pressed
		for i, load := range loads {
			t.Step("%s at %g times %.0f requests a second", part, load, capacity)
			err := o.with(ctx, t, part, func(s *rig.Server) error {
				l, computed, err := o.arrive(ctx, s, load*capacity)
				if err != nil {
					return err
				}
				t.Row(part, Figure{"load", load, Things, fmt.Sprintf("%g×", load)}, Rate("offered", float64(l.Offered)/o.d.Seconds()),
					Rate("computed", computed), Rate("goodput", l.Rate()), Within("half know within", l, .5), Within("99 % know within", l, .99))
				p = pressed{computed / capacity, l.Rate() / capacity}
				return o.sane(part, i, p)
			})
			if err != nil {
				return err
			}
		}
		last = append(last, p)
	}
	t.Note("Capacity here: %.0f requests a second of %v of computing, as %s got that asked one after the other. A client leaves after %v; then it knows that it was not served. Computed and goodput are counted over moments that differ a little.",
		capacity, o.work, several(runtime.GOMAXPROCS(0), "client"), o.patience)
	degradationVerdicts(t, last[0], last[1], last[2])
	return nil
}

// capacity is the best of two measurements: what else the machine does can only make one smaller.
func (o overload) capacity(ctx context.Context, t *Trial) (best float64, err error) {
	err = o.with(ctx, t, rig.Threaded, func(s *rig.Server) error {
		for range 2 {
			l := rig.Press(ctx, s.Addr, o.path(), runtime.GOMAXPROCS(0), o.d)
			if l.Why != nil {
				return l.Why
			}
			best = max(best, l.Rate())
		}
		return nil
	})
	if err == nil && best == 0 {
		err = fmt.Errorf("-d %v: not one request of -work %v was answered in that time; want more of it", o.d, o.work)
	}
	return best, err
}

// arrive lets clients arrive at a rate, and also returns how many requests a second the server has computed, by its
// own count, from when the load has built up.
func (o overload) arrive(ctx context.Context, s *rig.Server, rate float64) (l *rig.Load, computed float64, err error) {
	var before rig.Meters
	var beforeErr error
	var reading sync.WaitGroup
	reading.Go(func() {
		if beforeErr = rig.Sleep(ctx, o.d); beforeErr == nil {
			before, beforeErr = s.Read(ctx)
		}
	})
	l = rig.Arrive(ctx, s.Addr, o.path(), rate, o.d, o.d, o.patience)
	reading.Wait()
	after, err := s.Read(ctx)
	if err = errors.Join(beforeErr, err, l.Why); err != nil {
		return l, 0, err
	}
	if l.Asked+l.Pending == 0 || l.Lag > o.patience {
		return l, 0, fmt.Errorf("-d %v: %d clients came, the latest %v too late: want more time, or a machine that is less busy", o.d, l.Offered, l.Lag)
	}
	took := after.Uptime - before.Uptime // by the server's clock: an overloaded server tells late
	return l, float64(after.Served+after.Failed-before.Served-before.Failed) / took, nil
}

// sane says what is wrong with a measurement by which no server could be judged.
func (o overload) sane(part string, i int, p pressed) error {
	const room = 1.4 // above the capacity
	switch {
	case part != rig.Threaded && p.computed > room: // where all compute at once, many may end in one moment
		return fmt.Errorf("it computed %.0f %% of the capacity that was measured before: the machine was busy then; run it again", 100*p.computed)
	case i == 0 && p.inTime < loads[0]*graceful:
		return fmt.Errorf("at %g times its capacity it answered only %.0f %% of that in time: want a longer -patience or a shorter -work", loads[0], 100*p.inTime)
	}
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
	percent := func(share float64) string { return fmt.Sprintf("%.0f %% of its capacity", 100*share) }
	t.Verdict(Verdict{
		Claim:    "under four times its capacity a pool computes on",
		Expected: "at least " + percent(churning),
		Measured: percent(pool.computed),
		Holds:    pool.computed >= churning,
	})
	for _, claim := range []struct {
		text     string
		got      pressed
		collapse bool
		why      string // if it computes on, but hardly anything in time
	}{
		{"a pool degrades gracefully", pool, false,
			"All wait in one queue, and under overload that wait grows beyond any patience: it computes for those who have just left. What is missing is a bound on the waiting."},
		{"bounded accepting degrades gracefully", bounded, false,
			"It is the same, only that the queue is the kernel's: who has left stands in the backlog still."},
		{"a goroutine for each client collapses", threaded, true,
			"It computes on, too. But all share the processors, so all are late together, and it computes for those who have left."},
	} {
		late := claim.got.inTime < graceful
		v := Verdict{
			Claim:    claim.text,
			Expected: "at least " + percent(graceful) + " in time",
			Measured: percent(claim.got.inTime),
			Holds:    late == claim.collapse,
		}
		if claim.collapse {
			v.Expected = "less than " + percent(graceful) + " in time"
		}
		if late && claim.got.computed >= churning {
			v.Why = claim.why
		}
		t.Verdict(v)
	}
}
