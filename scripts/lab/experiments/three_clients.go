package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var threeClients = Experiment{
	Name:   "three-clients",
	Claim:  "a sequential server serialises, threads overlap, a pool of two admits the third when one leaves",
	Source: "Bendersky, Concurrent Servers, parts 1 and 2",
	Shows: "Lets the same three clients talk to each of the four servers, and draws what happened on one scale. " +
		"The charts of parts 3 and 4 are alike; the figures below tell them apart.",
	Setup: func(fs *flag.FlagSet) Run {
		var p trio
		console.DurationVar(fs, &p.pause, "pause", 200*time.Millisecond, shortestPause, time.Minute, "the `time` between two messages of a client")
		return p.run
	},
}

// shortestPause makes a conversation last long enough for others to happen at the same time.
const shortestPause = 10 * time.Millisecond

type trio struct{ pause time.Duration }

func (p *trio) run(ctx context.Context, t *Trial) (r Result, err error) {
	t.Steps(len(rig.Parts))
	atOnce := make(map[string]int)
	err = t.EachPart(ctx, "three clients talk to %s", []string{"-quiet"}, func(s *rig.Server) error {
		chart, err := talk(ctx, s, client.Run{Clients: 3, Pause: p.pause})
		vars, varsErr := s.Vars(ctx)
		atOnce[s.Part] = chart.AtOnce()
		chart.Title = fmt.Sprintf("%s: %d accepted, %d served at a time", s.Name, vars.Peak, chart.AtOnce())
		r.Charts = append(r.Charts, chart)
		r.Row(s.Name, Count("accepted at once", int64(vars.Peak)), Count("served at once", int64(chart.AtOnce())),
			Time("total time", chart.Duration()), Time("waited most", chart.LongestWait()))
		return errors.Join(err, varsErr)
	})
	if err != nil {
		return r, err
	}
	r.Verdicts = trioVerdicts(atOnce)
	return r, nil
}

// trioVerdicts judges by how many clients each part served at once.
func trioVerdicts(atOnce map[string]int) (verdicts []Verdict) {
	for _, claim := range []struct {
		part, text string
		want       int
	}{
		{rig.Sequential, "a sequential server serialises its clients", 1},
		{rig.Threaded, "with a thread, or goroutine, for each, all overlap", 3},
		{rig.Pool, "a pool of two admits the third when one leaves", 2},
		{rig.BoundedAccept, "two slots admit the third when one leaves", 2},
	} {
		verdicts = append(verdicts, Verdict{Claim: claim.text, Answer: answer(atOnce[claim.part] == claim.want),
			Expected: fmt.Sprintf("%d at once", claim.want), Measured: fmt.Sprintf("%d at once", atOnce[claim.part])})
	}
	return verdicts
}
