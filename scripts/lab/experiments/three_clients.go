package experiments

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/timeline"
)

// shortestPause makes a conversation last long enough for others to happen beside it.
const shortestPause = 10 * time.Millisecond

func init() {
	add(Experiment{
		Name:   "three-clients",
		Place:  10,
		Claim:  "a sequential server serialises, threads overlap, a pool of two admits the third when one leaves",
		Source: "Bendersky, Concurrent Servers, parts 1 and 2",
		Shows: "Lets the same three clients talk to each of the four servers, and draws what happened on one scale. " +
			"The charts of parts 3 and 4 are alike; the figures below tell them apart.",
		Setup: func(fs *flag.FlagSet) Run {
			pause := duration(fs, "pause", 200*time.Millisecond, shortestPause, time.Minute, "the `time` between two messages of a client")
			return func(ctx context.Context, t *Trial) error { return threeClients(ctx, t, *pause) }
		},
	})
}

func threeClients(ctx context.Context, t *Trial, pause time.Duration) error {
	t.Steps(len(rig.Parts))
	atOnce := make(map[string]int)
	for _, part := range rig.Parts {
		t.Step("three clients talk to %s", part)
		err := t.Servers.With(ctx, part, nil, func(s *rig.Server) error {
			chart, err := t.Lanes(ctx, part, client.Run{Dial: client.Dial(s.Addr), Clients: 3, Pause: pause})
			if err != nil {
				return err
			}
			accepted := acceptedAtOnce(s.Log())
			atOnce[part] = chart.AtOnce()
			t.Title(part, fmt.Sprintf("%s: %d accepted, %d served at a time", part, accepted, chart.AtOnce()))
			t.Row(part, Count("accepted at once", int64(accepted)), Count("served at once", int64(chart.AtOnce())),
				Time("total time", chart.Duration()), Time("waited most", chart.LongestWait()))
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, claim := range []struct {
		part, text string
		want       int
	}{
		{rig.Sequential, "a sequential server serialises its clients", 1},
		{rig.Threaded, "with a thread, or goroutine, for each, all overlap", 3},
		{rig.Pool, "a pool of two admits the third when one leaves", 2},
		{rig.BoundedAccept, "two slots admit the third when one leaves", 2},
	} {
		t.Verdict(Verdict{
			Claim:    claim.text,
			Expected: fmt.Sprintf("%d at once", claim.want),
			Measured: fmt.Sprintf("%d at once", atOnce[claim.part]),
			Holds:    atOnce[claim.part] == claim.want,
		})
	}
	return nil
}

// acceptedAtOnce is the largest number of clients that the server had accepted at the same time, by its log.
func acceptedAtOnce(log string) int {
	most, now := 0, 0
	for line := range strings.Lines(log) {
		switch {
		case strings.Contains(line, " accepted "):
			now++
		case strings.Contains(line, " done "), strings.Contains(line, " failed "):
			now--
		}
		most = max(most, now)
	}
	return most
}

// near says whether a time is what it should be, as exactly as a busy machine allows.
func near(got, want time.Duration) bool {
	return (got - want).Abs() <= 20*time.Millisecond+want/4
}

// waits are how long the clients of a chart waited.
func waits(c timeline.Chart) []time.Duration {
	var waits []time.Duration
	for _, l := range c.Lanes {
		waits = append(waits, l.Waited)
	}
	return waits
}
