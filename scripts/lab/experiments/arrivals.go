package experiments

import (
	"context"
	"flag"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var arrivals = Experiment{
	Name:   "arrivals",
	Claim:  "clients that arrive while another is served wait in turn",
	Source: "Bendersky, Concurrent Servers, part 2, in the first diagram",
	Shows: "Lets three clients arrive one after the other, each while the one before it is served. A client's waiting " +
		"begins when it arrives, so a client that comes later waits less for the same place.",
	Setup: func(fs *flag.FlagSet) Run {
		var p inTurn
		console.DurationVar(fs, &p.pause, "pause", 200*time.Millisecond, shortestPause, time.Minute, "the `time` between two messages of a client")
		console.DurationVar(fs, &p.stagger, "stagger", 120*time.Millisecond, time.Millisecond, time.Minute, "the `time` between two arrivals")
		return p.run
	},
}

type inTurn struct{ pause, stagger time.Duration }

// leastWait is a wait that a machine with other work does not cause by itself.
const leastWait = 60 * time.Millisecond

// A turn is what the three clients of one part saw, in each round.
type turn struct {
	waits    [3]Sample // in seconds
	complete []bool    // whether all were served to their ends
}

func (p *inTurn) run(ctx context.Context, t *Trial) (r Result, err error) {
	service := client.Length(p.pause)
	if third := service - 2*p.stagger; third < 2*leastWait {
		return r, console.Usagef("-stagger %v: a conversation takes %v, so before two workers the third client would wait for %v; want that to be %v or more, or it cannot be told",
			p.stagger, service, max(third, 0), 2*leastWait)
	}
	turns := make(map[string]turn)
	round := func() error {
		return t.EachPart(ctx, "three clients arrive at %s", nil, func(s *rig.Server) error {
			chart := talk(ctx, s, client.Run{Clients: 3, Pause: p.pause, Stagger: p.stagger})
			if t.round == 1 {
				r.Charts = append(r.Charts, chart)
			}
			seen, figures := turns[s.Part], []Figure(nil)
			for i, l := range chart.Lanes {
				seen.waits[i] = append(seen.waits[i], l.Waited.Seconds())
				figures = append(figures, Time(l.Name+" waited", l.Waited))
			}
			seen.complete = append(seen.complete, len(chart.Failures()) == 0)
			turns[s.Part] = seen
			r.Row(s.Name, figures...)
			return nil
		})
	}
	r.Verdicts, err = t.Repeat(ctx, len(rig.Parts), round, func() []Verdict { return inTurnVerdicts(turns, service, p.stagger) })
	return r, err
}

// inTurnVerdicts judges by how long the three clients of each part waited.
func inTurnVerdicts(turns map[string]turn, service, stagger time.Duration) (verdicts []Verdict) {
	for _, claim := range []struct {
		part, text string
		want       [3]time.Duration
	}{
		{rig.Sequential, "at a sequential server clients wait for each other in turn", [3]time.Duration{0, service - stagger, 2 * (service - stagger)}},
		{rig.Threaded, "with a goroutine for each client, no client waits", [3]time.Duration{}},
		{rig.Pool, "at a pool of two only the third client waits", [3]time.Duration{2: service - 2*stagger}},
		{rig.BoundedAccept, "at a server with two slots only the third client waits", [3]time.Duration{2: service - 2*stagger}},
	} {
		got := turns[claim.part]
		v := Verdict{Claim: claim.text, Answer: Agree(got.complete)}
		var want, measured []string
		for i, wait := range claim.want {
			v.Answer = both(v.Answer, waited(got.waits[i], wait))
			want = append(want, console.Duration(wait))
			measured = append(measured, Seconds.Format(got.waits[i].Median()))
		}
		v.Expected, v.Measured = "waits of "+strings.Join(want, ", "), strings.Join(measured, ", ")
		if Agree(got.complete) == DoesNotHold {
			v.Measured = "a client was not served to its end"
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// waited judges whether clients waited for a time, or, if that is 0, hardly at all.
func waited(waits Sample, want time.Duration) Answer {
	w := want.Seconds()
	if want == 0 {
		return waits.Within(0, leastWait.Seconds())
	}
	return waits.Within(0.7*w, 1.3*w)
}
