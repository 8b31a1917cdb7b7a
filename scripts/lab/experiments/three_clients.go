package experiments

import (
	"context"
	"flag"
	"fmt"
	"math"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

var threeClients = Experiment{
	Name:   "three-clients",
	Claim:  "a sequential server serialises, threads overlap, a pool of two serves the third when one leaves",
	Source: "Bendersky, Concurrent Servers, parts 1 and 2",
	Shows: "Lets the same three clients talk to each of the four servers, and draws what happened on one scale. " +
		"Look at the third client of parts 3 and 4: it waits equally long, in the program (:::) or in the backlog (···).",
	Setup: func(fs *flag.FlagSet) Run {
		var p trio
		console.DurationVar(fs, &p.pause, "pause", 200*time.Millisecond, shortestPause, time.Minute, "the `time` between two messages of a client")
		return p.run
	},
}

// shortestPause makes a conversation last long enough for others to happen at the same time.
const shortestPause = 10 * time.Millisecond

type trio struct{ pause time.Duration }

// A trioSeen is what three clients saw of one part, in each round.
type trioSeen struct {
	served   Sample // how many were served at once
	complete []bool // whether all three were served to their ends
	moment   Sample // how long after the first had left the last was greeted, as a share of a conversation
}

func (p *trio) run(ctx context.Context, t *Trial) (r Result, err error) {
	seen := make(map[string]trioSeen)
	round := func() error {
		return t.EachPart(ctx, "three clients talk to %s", nil, func(s *rig.Server) error {
			chart := talk(ctx, s, client.Run{Clients: 3, Pause: p.pause})
			seen[s.Part] = seen[s.Part].and(chart, client.Length(p.pause))
			vars, err := s.Vars(ctx)
			chart.Title = fmt.Sprintf("%s: %d accepted, %d served at a time", s.Name, vars.Peak, chart.AtOnce())
			if t.round == 1 {
				r.Charts = append(r.Charts, chart)
			}
			r.Row(s.Name, Count("accepted at once", int64(vars.Peak)), Count("served at once", int64(chart.AtOnce())),
				Time("total time", chart.Duration()), Time("waited most", chart.LongestWait()))
			return err
		})
	}
	r.Verdicts, err = t.Repeat(ctx, len(rig.Parts), round, func() []Verdict { return trioVerdicts(seen) })
	return r, err
}

// and adds a round.
func (s trioSeen) and(chart timeline.Chart, conversation time.Duration) trioSeen {
	left, last := time.Duration(math.MaxInt64), time.Duration(0)
	for _, l := range chart.Lanes {
		left, last = min(left, l.Done()-l.Late), max(last, l.Admitted())
	}
	s.served = append(s.served, float64(chart.AtOnce()))
	s.complete = append(s.complete, len(chart.Failures()) == 0)
	s.moment = append(s.moment, float64(last-left)/float64(conversation))
	return s
}

// soon is the share of a conversation within which a client is greeted at once, on a machine that has other work.
const soon = 0.3

// trioVerdicts judges by what three clients saw of each part.
func trioVerdicts(seen map[string]trioSeen) (verdicts []Verdict) {
	for _, claim := range []struct {
		part, text string
		want       float64
	}{
		{rig.Sequential, "a sequential server serialises its clients", 1},
		{rig.Threaded, "with a thread, or goroutine, for each, all overlap", 3},
		{rig.Pool, "a pool of two serves the third when one leaves", 2},
		{rig.BoundedAccept, "two slots let the third in when one leaves", 2},
	} {
		got := seen[claim.part]
		v := Verdict{Claim: claim.text, Expected: fmt.Sprintf("%v at once", claim.want), Measured: got.served.In(Things) + " at once"}
		v.Answer = both(Agree(got.complete), got.served.is(claim.want))
		if claim.want == 2 {
			v.Expected += ", the third within a moment"
			v.Measured += fmt.Sprintf(", the third after %.0f %% of a conversation", 100*got.moment.Median())
			v.Answer = both(v.Answer, got.moment.Within(0, soon))
		}
		if Agree(got.complete) == DoesNotHold {
			v.Measured = "a client was not served to its end"
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}
