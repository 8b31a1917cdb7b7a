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

func init() {
	add(Experiment{
		Name:   "arrivals",
		Place:  20,
		Claim:  "clients that arrive while another is served wait in turn",
		Source: "Bendersky, Concurrent Servers, part 2, in the first diagram",
		Shows: "Lets three clients arrive one after the other, each while the one before it is served. A client's waiting " +
			"begins when it arrives, so who comes later waits less for the same place.",
		Setup: func(fs *flag.FlagSet) Run {
			pause := duration(fs, "pause", 200*time.Millisecond, shortestPause, time.Minute, "the `time` between two messages of a client")
			stagger := duration(fs, "stagger", 120*time.Millisecond, time.Millisecond, time.Minute, "the `time` between two arrivals")
			return func(ctx context.Context, t *Trial) error { return arrivals(ctx, t, *pause, *stagger) }
		},
	})
}

func arrivals(ctx context.Context, t *Trial, pause, stagger time.Duration) error {
	service := 2*pause + pause/5 // what a conversation takes
	if third := service - 2*stagger; third < leastWait {
		return console.Usagef("-stagger %v: a conversation takes %v, so before two workers the third client would wait for %v; want that to be %v or more, or it cannot be told",
			stagger, service, max(third, 0), leastWait)
	}
	t.Steps(len(rig.Parts))
	for _, test := range []struct {
		part, claim string
		want        []time.Duration
	}{
		{rig.Sequential, "before a sequential server all wait in turn", []time.Duration{0, service - stagger, 2 * (service - stagger)}},
		{rig.Threaded, "with a goroutine for each nobody waits", []time.Duration{0, 0, 0}},
		{rig.Pool, "before a pool of two only the third waits", []time.Duration{0, 0, service - 2*stagger}},
		{rig.BoundedAccept, "before two slots only the third waits", []time.Duration{0, 0, service - 2*stagger}},
	} {
		t.Step("three clients arrive at %s", test.part)
		err := t.Servers.With(ctx, test.part, nil, func(s *rig.Server) error {
			chart, err := t.Lanes(ctx, test.part, client.Run{Dial: client.Dial(s.Addr), Clients: 3, Pause: pause, Stagger: stagger})
			if err != nil {
				return err
			}
			t.Title(test.part, test.part)
			got := waits(chart)
			t.Row(test.part, Time("conn0 waited", got[0]), Time("conn1 waited", got[1]), Time("conn2 waited", got[2]))
			t.Verdict(Verdict{
				Claim:    test.claim,
				Expected: "waits of " + times(test.want),
				Measured: times(got),
				Holds:    slices.EqualFunc(got, test.want, near),
			})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// leastWait is a wait that a busy machine does not cause by itself; see near.
const leastWait = 60 * time.Millisecond

func times(ds []time.Duration) string {
	var texts []string
	for _, d := range ds {
		texts = append(texts, console.Duration(d))
	}
	return strings.Join(texts, ", ")
}
