package experiments

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var overload = Experiment{
	Name:   "overload",
	Claim:  "a server that sheds load keeps its goodput under overload, the parts lose theirs",
	Source: "our own, after Maurer, Fail at Scale (2015), and the AWS Builders' Library",
	Shows: "Lets clients with a patience arrive at parts 2 to 4, at a server that refuses clients beyond a short queue, and at " +
		"one that sheds those that have waited too long. The load rises to four times the capacity, and falls back to half of " +
		"it. Goodput is what was answered in time, as a share of the server's capacity. Behind the load, the share of clients " +
		"that are answered in time says whether the server has recovered.",
	Curves: []Curve{{X: "load", Y: "goodput", Title: "goodput over the load, in percent of the capacity"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p overloading
		p.flags(fs)
		console.DurationVar(fs, &p.patience, "patience", 100*time.Millisecond, 10*time.Millisecond, time.Minute, "how much `time` a client has")
		return p.run
	},
}

type overloading struct {
	computing
	patience time.Duration
}

// overloadServers are the servers that are compared.
var overloadServers = append(append([]string(nil), pressedParts...), rig.Designs...)

// shedArgs bound how long clients wait at a design: in the queue of one, for a time shorter than the patience; at the
// other, as a queue of two clients for each worker, which is short beside the patience.
func shedArgs(n int, patience time.Duration) map[string][]string {
	return map[string][]string{rig.Refusing: {rig.Q(2 * n)}, rig.Shedding: {rig.Target(patience / 2)}}
}

// overloadSeen is what a server did in each round.
type overloadSeen struct {
	goodput   Sample // at the largest load, as a share of the capacity
	recovered Sample // the share of the clients that came behind the load and were answered in time
	unfit     bool   // in a round it served hardly anybody even at the smallest load
}

const notTheOverload = "It does not serve at half of its capacity either, so it is not the overload."

// vacuous withdraws a verdict that a server answers hardly anybody if it does not do so at any load.
func (o overloadSeen) vacuous(v *Verdict) {
	if o.unfit && v.Answer == Holds {
		v.Answer, v.Why, v.final = CouldNotTell, notTheOverload, true
	}
}

func (p *overloading) run(ctx context.Context, t *Trial) (r Result, err error) {
	if err := p.check(p.patience); err != nil {
		return r, err
	}
	loads := []float64{0.5, 2, overloaded}
	if t.Quick {
		loads = []float64{0.5, overloaded}
	}
	seen := make(map[string]overloadSeen)
	var capacities Sample
	round := func() error {
		p.begin()
		got := make(map[string]ramp)
		for _, server := range overloadServers {
			t.Step("%s under a load that rises to %d times its capacity, and falls", rig.Name(server), overloaded)
			_, err := p.under(ctx, t, server, shedArgs(p.n, p.patience)[server], func(s *rig.Server, capacity float64) (err error) {
				got[server], err = p.ramp(ctx, s, capacity, loads)
				return err
			})
			if err != nil {
				return err
			}
		}
		capacity, err := p.typical()
		if err != nil {
			return err
		}
		capacities = append(capacities, capacity)
		for _, server := range overloadServers {
			seen[server] = seen[server].and(&r, got[server], loads)
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(overloadServers), round, func() []Verdict { return overloadVerdicts(seen) })
	r.Note("Capacity here: %s requests of %v of computing. A client leaves after %v.", capacities.In(PerSecond), p.work, p.patience)
	p.noteFailures(&r)
	t.noteFlaws(&r)
	return r, err
}

// A ramp is what a server did under a load that rises and falls.
type ramp struct {
	name  string
	at    []measured // each load
	after *rig.Load  // when the load is half of the capacity again
}

// ramp lets clients come to s at one load after the other, and at half of its capacity in the end.
func (p *overloading) ramp(ctx context.Context, s *rig.Server, capacity float64, loads []float64) (ramp, error) {
	var paces []rig.Pace
	var ends []time.Duration
	end := time.Duration(0)
	add := func(load float64, d time.Duration) {
		paces = append(paces, rig.Pace{Rate: load * capacity, For: d})
		end += d
		ends = append(ends, end)
	}
	for _, load := range loads {
		add(load, buildUp(load, p.patience)+p.d)
	}
	settle := p.patience / 2 // those who came in time may still be answered
	add(0.5, settle+p.d)
	l := rig.Arrive(ctx, rig.Once(client.Dial(s.Addr), spin(p.work), p.patience), p.patience+p.work, paces...)
	got := ramp{name: s.Name, after: l.Between(end-p.d, end)}
	wrong := loadFlaw(s.Name, l, p.patience)
	for i := range loads {
		m := measured{Load: l.Between(ends[i]-p.d, ends[i]).Inside(), capacity: capacity}
		got.at = append(got.at, m)
		wrong = cmp.Or(wrong, m.flaw(s.Name))
	}
	if calm := got.at[0].share(rig.Answered); wrong == nil && capacity > 0 && calm < loads[0]/2 {
		wrong = flaw(fmt.Sprintf("at %g times its capacity %s answered only %.0f %% of the capacity in time", loads[0], s.Name, 100*calm))
	}
	return got, wrong
}

// and adds a round, to the figures as well.
func (o overloadSeen) and(r *Result, got ramp, loads []float64) overloadSeen {
	for i, m := range got.at {
		r.Row(got.name, Given("load", loads[i], Things).As(fmt.Sprintf("%g×", loads[i])), Share("goodput", m.share(rig.Answered)),
			Share("refused", m.share(rig.Refused)), Share("late", m.share(rig.Late)), Share("cut off", m.share(rig.CutOff)),
			latency("half within", m.Load, .5), latency("99 % within", m.Load, .99))
	}
	recovered := got.after.Share(rig.Answered)
	r.Row(got.name+", afterwards", Figure{Name: "load", Value: 0.5}.As("0.5×"), Share("in time", recovered),
		latency("half within", got.after.Inside(), .5), latency("99 % within", got.after.Inside(), .99))
	return overloadSeen{
		goodput:   append(o.goodput, got.at[len(got.at)-1].share(rig.Answered)),
		recovered: append(o.recovered, recovered),
		unfit:     o.unfit || got.at[0].share(rig.Answered) < loads[0]/2,
	}
}

// latency is like [Within], and says so if nobody was answered.
func latency(name string, l *rig.Load, q float64) Figure {
	if l.Count(rig.Answered) == 0 {
		return seconds(name, rig.Unknown).As("nobody")
	}
	return Within(name, l, q)
}

// The bounds of what is judged.
const (
	few      = 0.25 // of the capacity: hardly anybody is answered in time
	kept     = 0.8  // of the capacity
	recovers = 0.7  // of the clients
)

// overloadVerdicts judges by what the servers did at the largest load and after it.
func overloadVerdicts(seen map[string]overloadSeen) (verdicts []Verdict) {
	for _, claim := range []struct {
		server, text string
		low, high    float64
	}{
		{rig.Threaded, "at four times the capacity a goroutine for each client answers hardly anybody in time", 0, few},
		{rig.Pool, "a pool answers hardly anybody in time", 0, few},
		{rig.BoundedAccept, "bounded accepting does no better", 0, few},
		{rig.Refusing, "a server that refuses keeps most of its capacity", half, most},
		{rig.Shedding, "a server that sheds load answers at least 80 % of its capacity in time", kept, most},
	} {
		got := seen[claim.server].goodput
		v := Verdict{Claim: claim.text, Answer: got.Within(claim.low, claim.high),
			Expected: fmt.Sprintf("%.0f to %.0f %% of the capacity", 100*claim.low, 100*claim.high), Measured: got.shares()}
		seen[claim.server].vacuous(&v)
		verdicts = append(verdicts, v)
	}
	for _, claim := range []struct {
		server, text string
		low, high    float64
		why          string
	}{
		{rig.Shedding, "after the load has fallen, the server that sheds load serves on at once", recovers, 1.2, ""},
		{rig.Pool, "a pool first works through its backlog, for clients that have left", 0, few,
			"Its queue is as long as the overload was. Nobody in it has the patience any more, and who comes now stands behind them."},
	} {
		got := seen[claim.server].recovered
		v := Verdict{Claim: claim.text, Answer: got.Within(claim.low, claim.high),
			Expected: fmt.Sprintf("%.0f to %.0f %% of the clients in time", 100*claim.low, min(100*claim.high, 100)), Measured: got.shares()}
		if v.Answer == Holds {
			v.Why = claim.why
		}
		seen[claim.server].vacuous(&v)
		verdicts = append(verdicts, v)
	}
	return verdicts
}
