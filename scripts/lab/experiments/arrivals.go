package experiments

import (
	"context"
	"flag"
	"slices"
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

// leastWait is a wait that a busy machine does not cause by itself; see near.
const leastWait = 60 * time.Millisecond

func (p *inTurn) run(ctx context.Context, t *Trial) (r Result, err error) {
	service := client.Length(p.pause)
	if third := service - 2*p.stagger; third < leastWait {
		return r, console.Usagef("-stagger %v: a conversation takes %v, so before two workers the third client would wait for %v; want that to be %v or more, or it cannot be told",
			p.stagger, service, max(third, 0), leastWait)
	}
	t.Steps(len(rig.Parts))
	waits := make(map[string][]time.Duration)
	err = t.EachPart(ctx, "three clients arrive at %s", []string{"-quiet"}, func(s *rig.Server) error {
		chart, err := talk(ctx, s, client.Run{Clients: 3, Pause: p.pause, Stagger: p.stagger})
		r.Charts = append(r.Charts, chart)
		var figures []Figure
		for _, l := range chart.Lanes {
			waits[s.Part] = append(waits[s.Part], l.Waited)
			figures = append(figures, Time(l.Name+" waited", l.Waited))
		}
		r.Row(s.Name, figures...)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Verdicts = inTurnVerdicts(waits, service, p.stagger)
	return r, nil
}

// inTurnVerdicts judges by how long the three clients of each part waited.
func inTurnVerdicts(waits map[string][]time.Duration, service, stagger time.Duration) (verdicts []Verdict) {
	for _, claim := range []struct {
		part, text string
		want       []time.Duration
	}{
		{rig.Sequential, "before a sequential server all wait in turn", []time.Duration{0, service - stagger, 2 * (service - stagger)}},
		{rig.Threaded, "with a goroutine for each nobody waits", []time.Duration{0, 0, 0}},
		{rig.Pool, "before a pool of two only the third waits", []time.Duration{0, 0, service - 2*stagger}},
		{rig.BoundedAccept, "before two slots only the third waits", []time.Duration{0, 0, service - 2*stagger}},
	} {
		verdicts = append(verdicts, Verdict{Claim: claim.text, Answer: answer(slices.EqualFunc(waits[claim.part], claim.want, near)),
			Expected: "waits of " + times(claim.want), Measured: times(waits[claim.part])})
	}
	return verdicts
}

func times(ds []time.Duration) string {
	var texts []string
	for _, d := range ds {
		texts = append(texts, console.Duration(d))
	}
	return strings.Join(texts, ", ")
}
