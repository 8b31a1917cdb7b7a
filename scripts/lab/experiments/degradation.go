package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/server"
)

var degradation = Experiment{
	Name:   "degradation",
	Claim:  "a pool degrades gracefully under load, a thread for each client collapses",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Measures how many requests a second a server can compute, and then lets clients arrive at up to four times that " +
		"rate, whether or not those before them have been answered. Each client has a patience. Computed is what the server did, " +
		"goodput what somebody was still there for. With clients that wait for ever (-patience 1m) it comes out otherwise.",
	Curves: []Curve{{X: "load", Y: "goodput"}, {X: "load", Y: "99 % know within"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p overload
		console.DurationVar(fs, &p.work, "work", 10*time.Millisecond, time.Millisecond, 10*time.Second, "what one request computes, as the `time` that a processor needs")
		console.DurationVar(fs, &p.patience, "patience", 250*time.Millisecond, 10*time.Millisecond, time.Minute, "how much `time` a client has")
		console.DurationVar(fs, &p.d, "d", 700*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes, after as much time for the load to build up")
		console.CountVar(fs, &p.n, "n", runtime.GOMAXPROCS(0), "the `number` of workers of part 3 and of slots of part 4 (default: of processors)")
		fs.Lookup("n").DefValue = "" // the help is the same on every machine
		return p.run
	},
}

type overload struct {
	work, patience, d time.Duration
	n                 int
}

var (
	loads         = []float64{0.5, 1, 2, 3, 4} // times the capacity
	overloadParts = []string{rig.Threaded, rig.Pool, rig.BoundedAccept}
)

// pressed is what a server does under a load, as shares of its capacity.
type pressed struct{ computed, inTime float64 }

// The shares of its capacity that a server must reach under the largest load.
const (
	graceful = 0.5 // answered in time, to degrade gracefully
	churning = 0.7 // computed, whether or not the client is still there
)

func (p *overload) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.patience <= p.work {
		return r, console.Usagef("-patience %v: want more than -work, which is %v, or nobody can be answered in time", p.patience, p.work)
	}
	if p.d <= p.work {
		return r, console.Usagef("-d %v: want more than -work, which is %v, or nobody is answered in that time", p.d, p.work)
	}
	t.Steps(1 + len(overloadParts)*len(loads))
	t.Step("how many requests a second can be computed")
	capacity, err := p.capacity(ctx, t)
	if err != nil {
		return r, err
	}
	last := make(map[string]pressed)
	for _, part := range overloadParts {
		for _, load := range loads {
			t.Step("%s at %g times %.0f requests a second", part, load, capacity)
			// A server of its own for each load: what one load leaves behind must not meet the next.
			err := t.With(ctx, part, p.args(), func(s *rig.Server) error {
				l, computed, err := p.arrive(ctx, s, load*capacity)
				if err != nil {
					return err
				}
				r.Row(s.Name, Given("load", load, Things).As(fmt.Sprintf("%g×", load)), Rate("offered", float64(l.Offered)/p.d.Seconds()),
					Rate("computed", computed), Rate("goodput", l.Rate()), Within("half know within", l, .5), Within("99 % know within", l, .99))
				last[part] = pressed{computed / capacity, l.Rate() / capacity}
				return sane(part, load, last[part])
			})
			if err != nil {
				return r, err
			}
		}
	}
	r.Note("Capacity here: %.0f requests a second of %v of computing, as %s got that asked one after the other. A client leaves after %v; then it knows that it was not served. Computed and goodput are counted over moments that differ a little.",
		capacity, p.work, several(runtime.GOMAXPROCS(0), "client"), p.patience)
	r.Verdicts = degradationVerdicts(last[rig.Threaded], last[rig.Pool], last[rig.BoundedAccept])
	return r, nil
}

func (p *overload) path() string { return "/spin?d=" + p.work.String() }

func (p *overload) args() []string { return []string{"-protocol", "http", "-quiet", rig.N(p.n)} }

// capacity returns the better of two measurements, in requests a second: whatever else the machine
// does can only make one smaller.
func (p *overload) capacity(ctx context.Context, t *Trial) (best float64, err error) {
	err = t.With(ctx, rig.Threaded, p.args(), func(s *rig.Server) error {
		for range 2 {
			l := rig.Press(ctx, client.Dial(s.Addr), p.path(), runtime.GOMAXPROCS(0), p.d)
			if l.Why != nil {
				return l.Why
			}
			best = max(best, l.Rate())
		}
		return nil
	})
	if err == nil && best == 0 {
		err = fmt.Errorf("no answer within %v: %w; run it again, or with a longer -d", p.d, console.ErrBusy)
	}
	return best, err
}

// arrive lets clients arrive at a rate. It also returns how many requests a second the server has
// computed, by its own counters, from when the load had built up.
func (p *overload) arrive(ctx context.Context, s *rig.Server, rate float64) (l *rig.Load, computed float64, err error) {
	var before server.Vars
	var beforeErr error
	var reading sync.WaitGroup
	reading.Go(func() {
		if beforeErr = client.Sleep(ctx, p.d); beforeErr == nil {
			before, beforeErr = s.Vars(ctx)
		}
	})
	l = rig.Arrive(ctx, client.Dial(s.Addr), p.path(), rate, p.d, p.d, p.patience)
	reading.Wait()
	after, err := s.Vars(ctx)
	if err = errors.Join(beforeErr, err, l.Why); err != nil {
		return l, 0, err
	}
	if l.Asked+l.Pending == 0 || l.Lag > p.patience {
		return l, 0, fmt.Errorf("%d clients came within %v, the latest %v too late: %w; run it again, or with a longer -d",
			l.Offered, p.d, l.Lag, console.ErrBusy)
	}
	took := after.Uptime - before.Uptime // by the server's clock: an overloaded server answers late
	return l, float64(after.Served+after.Failed-before.Served-before.Failed) / took, nil
}

// sane returns why a measurement is one by which no server can be judged.
func sane(part string, load float64, p pressed) error {
	const room = 1.4 // above the capacity
	switch {
	case part != rig.Threaded && p.computed > room: // where all compute at once, many may end in one moment
		return fmt.Errorf("it computed %.0f %% of the capacity that was measured before: %w; run it again", 100*p.computed, console.ErrBusy)
	case load < 1 && p.inTime < load*graceful:
		return fmt.Errorf("at %g times its capacity it answered only %.0f %% of the capacity in time: %w; run it again, or with a longer -patience",
			load, 100*p.inTime, console.ErrBusy)
	}
	return nil
}

// degradationVerdicts judges by what the servers did under the largest load.
func degradationVerdicts(threaded, pool, bounded pressed) []Verdict {
	percent := func(share float64) string { return fmt.Sprintf("%.0f %% of its capacity", 100*share) }
	verdicts := []Verdict{{Claim: "under four times its capacity a pool computes on", Answer: answer(pool.computed >= churning),
		Expected: "at least " + percent(churning), Measured: percent(pool.computed)}}
	for _, claim := range []struct {
		text     string
		got      pressed
		collapse bool
		why      string // if it computes on, but hardly anything in time
	}{
		{"a pool degrades gracefully", pool, false,
			"All wait in one queue, and under overload that wait grows beyond any patience: it computes for those who have just left. What is missing is a bound on the waiting."},
		{"bounded accepting degrades gracefully", bounded, false,
			"It is the same, only that the queue is the kernel's: clients that have left still stand in the backlog."},
		{"a goroutine for each client collapses", threaded, true,
			"It computes on, too. But all share the processors, so all are late together, and it computes for those who have left."},
	} {
		late := claim.got.inTime < graceful
		v := Verdict{Claim: claim.text, Answer: answer(late == claim.collapse),
			Expected: "at least " + percent(graceful) + " in time", Measured: percent(claim.got.inTime)}
		if claim.collapse {
			v.Expected = "less than " + percent(graceful) + " in time"
		}
		if late && claim.got.computed >= churning {
			v.Why = claim.why
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
