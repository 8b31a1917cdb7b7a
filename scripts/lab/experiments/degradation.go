package experiments

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var degradation = Experiment{
	Name:   "degradation",
	Claim:  "a pool degrades gracefully under load, a thread for each client collapses",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Measures how many requests a second can be computed, and lets clients arrive at up to four times that rate, " +
		"whether or not those before them have been answered. Computed is what the server did, goodput what clients with " +
		"a patience were still there for, both as shares of the capacity. How much of it is goodput depends on the patience, so " +
		"the patience is swept at four times the capacity. Last come requests that are longer than a time slice of the " +
		"scheduler, and a burst with quiet behind it: who recovers, how soon?",
	Curves: []Curve{
		{X: "load", Y: "goodput", Title: "goodput over the load, in percent of the capacity"},
		{X: "patience", Y: "in time at 4×", Title: "goodput at 4 times the capacity, over the clients' patience"},
	},
	Setup: func(fs *flag.FlagSet) Run {
		var p degrading
		p.flags(fs)
		console.DurationVar(fs, &p.patience, "patience", 100*time.Millisecond, 10*time.Millisecond, time.Minute, "how much `time` a client has while the load is swept")
		return p.run
	},
}

type degrading struct {
	computing
	patience time.Duration
}

var pressedParts = []string{rig.Threaded, rig.Pool, rig.BoundedAccept}

// overloaded is the largest load, in times the capacity, and patient what clients have who wait long.
const (
	overloaded = 4
	patient    = 5 * time.Second
)

// lasts is how long the largest load lasts. A client whose patience is longer sees only its beginning.
func (p *degrading) lasts() time.Duration { return buildUp(overloaded, p.patience) + p.d }

// patiences are swept at the largest load. Longer ones than the load all see the same, so only patient is among them.
func (p *degrading) patiences() (all []time.Duration) {
	for _, patience := range []time.Duration{p.patience / 2, p.patience, 2 * p.patience, 3 * p.patience} {
		if patience < p.lasts() {
			all = append(all, patience)
		}
	}
	all = append(all, patient)
	slices.Sort(all)
	return slices.Compact(all)
}

// degraded is what a part did in each round, as shares of the capacity.
type degraded struct {
	long    Sample                   // computed at the largest load, of long requests
	inTime  map[time.Duration]Sample // at the largest load, for each patience
	churned Sample                   // from the beginning of a burst until nobody waited any more
	all     []bool                   // whether all clients of the burst were answered
	unfit   bool                     // in a round it served hardly anybody even at the smallest load
}

func (p *degrading) run(ctx context.Context, t *Trial) (r Result, err error) {
	if err := p.check(p.patience); err != nil {
		return r, err
	}
	loads := []float64{0.5, 2, overloaded}
	if t.Quick {
		loads = []float64{0.5, overloaded}
	}
	seen := make(map[string]degraded)
	var capacities Sample
	round := func() error {
		p.begin()
		got, err := p.press(ctx, t, loads)
		if err != nil {
			return err
		}
		capacity, err := p.typical()
		if err != nil {
			return err
		}
		capacities = append(capacities, capacity)
		for _, part := range pressedParts {
			seen[part] = p.enter(&r, seen[part], got[part], loads)
		}
		return nil
	}
	steps := len(pressedParts)*len(loads) + 2
	r.Verdicts, err = t.Repeat(ctx, steps, round, func() []Verdict { return p.verdicts(seen) })
	r.Note("Capacity here: %s requests of %v of computing. A client of the sweep over the load leaves after %v; then it knows that it was not served.",
		capacities.In(PerSecond), p.work, p.patience)
	p.noteFailures(&r)
	t.noteFlaws(&r)
	return r, err
}

// pressing is what a part did in one round. All clients were patient. The servers do not notice who leaves: they compute
// for who has left, as well. So one load tells what clients with any patience would have got.
type pressing struct {
	name  string
	under []measured // for each of the loads
	burst measured
	long  measured // at the largest load, of long requests
}

// longer is how many times as much a long request computes: several time slices. Then the servers differ. The Go runtime
// takes a goroutine off its processor after 10 to 20 ms, so a goroutine for each client is in the midst of all of them.
const longer = 8

// press measures all parts. What one load leaves behind must not meet the next, so a server ends with a large load.
func (p *degrading) press(ctx context.Context, t *Trial, loads []float64) (map[string]*pressing, error) {
	got := make(map[string]*pressing)
	for _, part := range pressedParts {
		got[part] = new(pressing)
		t.Step("%s at %g times its capacity, and after a burst", part, loads[0])
		_, err := p.under(ctx, t, part, nil, func(s *rig.Server, capacity float64) error {
			calm, err := p.arrive(ctx, s, capacity, loads[0], p.work, p.patience/2, p.d, p.patience)
			got[part].name, got[part].under = s.Name, []measured{calm}
			if inTime := calm.within(p.patience); err == nil && capacity > 0 && inTime < loads[0]/2 {
				err = flaw(fmt.Sprintf("at %g times its capacity %s answered only %.0f %% of the capacity in time", loads[0], part, 100*inTime))
			}
			if part == rig.BoundedAccept { // which differs from the pool in where clients wait
				return err
			}
			burst, burstErr := p.arrive(ctx, s, capacity, overloaded, p.work, 0, p.patience/2, time.Minute)
			got[part].burst = burst
			return cmp.Or(err, burstErr)
		})
		if err != nil {
			return nil, err
		}
	}
	for _, load := range loads[1:] {
		for _, part := range pressedParts {
			t.Step("%s at %g times its capacity", part, load)
			var m measured
			_, err := p.under(ctx, t, part, nil, func(s *rig.Server, capacity float64) (err error) {
				m, err = p.arrive(ctx, s, capacity, load, p.work, buildUp(load, p.patience), p.d, 0)
				return err
			})
			if err != nil {
				return nil, err
			}
			got[part].under = append(got[part].under, m)
		}
	}
	for _, part := range []string{rig.Threaded, rig.Pool} {
		t.Step("%s at %d times its capacity, with long requests", part, overloaded)
		_, err := p.under(ctx, t, part, nil, func(s *rig.Server, capacity float64) (err error) {
			got[part].long, err = p.arrive(ctx, s, capacity/longer, overloaded, longer*p.work, buildUp(overloaded, p.patience), 2*p.d, 0)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return got, nil
}

// arrive lets patient clients come to s at a load of so many times its capacity. It measures for the time d, after the
// time warm, and then waits for the clients for the time after.
func (p *degrading) arrive(ctx context.Context, s *rig.Server, capacity, load float64, work, warm, d, after time.Duration) (measured, error) {
	ask := rig.Once(client.Dial(s.Addr), spin(work), time.Minute)
	l := rig.Arrive(ctx, ask, after, rig.Pace{Rate: load * capacity, For: warm + d})
	m := measured{l.Between(warm, l.To), capacity, s.System().Resident}
	return m, cmp.Or(loadFlaw(s.Name, l, p.patience), m.flaw(s.Name))
}

// enter adds a round to the figures and to what was seen.
func (p *degrading) enter(r *Result, d degraded, got *pressing, loads []float64) degraded {
	for i, m := range got.under {
		late := m
		late.Load = m.Impatient(p.patience)
		r.Row(got.name, Given("load", loads[i], Things).As(fmt.Sprintf("%g×", loads[i])), Share("computed", m.share(rig.Answered)),
			Share("goodput", m.within(p.patience)), Share("late", late.share(rig.Late)),
			Share("refused", m.share(rig.Refused)), Share("cut off", m.share(rig.CutOff)), Memory("memory", m.memory))
	}
	d.unfit = d.unfit || got.under[0].within(p.patience) < loads[0]/2
	if d.inTime == nil {
		d.inTime = make(map[time.Duration]Sample)
	}
	for _, patience := range p.patiences() {
		inTime := got.under[len(got.under)-1].within(patience)
		d.inTime[patience] = append(d.inTime[patience], inTime)
		r.Row(got.name, Given("patience", patience.Seconds(), Seconds), Share("in time at 4×", inTime))
	}
	if got.long.Load == nil {
		return d
	}
	d.long = append(d.long, got.long.share(rig.Answered))
	r.Row(fmt.Sprintf("%s, %v each", got.name, longer*p.work), Count("load", overloaded).As("4×"), Share("computed", got.long.share(rig.Answered)))
	burst, over := got.burst, max(got.burst.Last(), time.Millisecond)
	burst.Load = burst.Between(0, over+1)
	d.all = append(d.all, burst.Offered() > 0 && burst.Count(rig.Answered) == burst.Offered())
	d.churned = append(d.churned, burst.share(rig.Answered))
	lost := 1 - float64(burst.Impatient(p.patience).Count(rig.Answered))/float64(max(burst.Offered(), 1))
	r.Row(got.name+" after a burst", Time("settled after", over-got.burst.To), Share("lost", lost))
	return d
}

// The bounds of what is judged, as shares of the capacity. Some of it goes to the clients, who compute nothing but come
// from the same machine.
const (
	least = 0.6 // to be what the capacity allows
	most  = 1.5
	half  = 0.5

	slowly = 0.6 // of the capacity
)

// verdicts judges by what the parts did.
func (p *degrading) verdicts(seen map[string]degraded) (verdicts []Verdict) {
	threaded, pool, bounded := seen[rig.Threaded], seen[rig.Pool], seen[rig.BoundedAccept]
	for _, claim := range []struct {
		text      string
		got       Sample
		low, high float64
	}{
		{"at four times its capacity a pool still computes", pool.long, least, most},
		{"a goroutine for each client then works very slowly", threaded.long, 0, slowly},
		{fmt.Sprintf("a pool degrades gracefully for clients with %v", p.patience), pool.inTime[p.patience], half, most},
		{fmt.Sprintf("bounded accepting degrades gracefully for clients with %v", p.patience), bounded.inTime[p.patience], half, most},
		{fmt.Sprintf("a goroutine for each client collapses for clients with %v", p.patience), threaded.inTime[p.patience], 0, half},
		{fmt.Sprintf("in the first %v of an overload a pool degrades gracefully for clients with %v", console.Duration(p.lasts()), patient), pool.inTime[patient], half, most},
	} {
		v := Verdict{Claim: claim.text, Answer: claim.got.Within(claim.low, claim.high),
			Expected: fmt.Sprintf("%.0f to %.0f %% of the capacity", 100*claim.low, 100*claim.high), Measured: claim.got.shares()}
		verdicts = append(verdicts, v)
	}
	for i, got := range []degraded{pool, bounded} {
		v := &verdicts[2+i]
		if v.Answer == DoesNotHold && got.inTime[patient].Within(half, most) == Holds {
			v.Why = fmt.Sprintf("It computes for clients who have just left. All wait in one queue, and while the overload lasts the wait grows beyond any patience: beyond %v sooner than beyond %v. What is missing is a bound on the waiting.", p.patience, patient)
		}
	}
	for _, i := range []int{1, 4} {
		if v := &verdicts[i]; threaded.unfit && v.Answer == Holds {
			v.Answer, v.Why, v.final = CouldNotTell, notTheOverload, true
		}
	}
	if v := &verdicts[1]; v.Answer == Holds {
		v.Why = "Each request lasts several time slices, and between two of its own come those of all others: nearly all are begun, and hardly any ends."
	}
	return append(verdicts, Verdict{Claim: "after a burst a pool churns through its backlog", Answer: both(Agree(pool.all), pool.churned.Within(least, most)),
		Expected: fmt.Sprintf("all answered, at %.0f to %.0f %% of the capacity", 100*least, 100*most),
		Measured: fmt.Sprintf("all answered in %s, at %s", several(count(pool.all), "round"), pool.churned.shares())})
}
