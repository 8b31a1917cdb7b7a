package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var refuseOrWait = Experiment{
	Name:   "refuse-or-wait",
	Claim:  "clients believe that they are connected while nobody serves them",
	Source: "our own: the case against part 4",
	Shows: "Fills each server with clients that stay, and lets one more come, with a patience. Measures how long it takes " +
		"until it is connected, and until it is served or gives up. A server that hangs up when it is full is there to compare; " +
		"the lab runs it itself.",
	Bars: []string{"waited"},
	Setup: func(fs *flag.FlagSet) Run {
		var p oneMore
		console.CountVar(fs, &p.n, "n", 2, "the `number` of clients that stay, of workers, and of slots")
		console.DurationVar(fs, &p.patience, "patience", 2*time.Second, 100*time.Millisecond, time.Minute, "how much `time` the client has")
		return p.run
	},
}

type oneMore struct {
	n        int
	patience time.Duration
}

func (p *oneMore) run(ctx context.Context, t *Trial) (r Result, err error) {
	t.Steps(len(rig.Parts) + 1)
	visit := func(name, addr string) rig.Visit {
		v := rig.Visitor(ctx, addr, p.patience)
		connected := Time("connected after", v.Connected)
		if v.Connected == 0 {
			connected = connected.As("never")
		}
		r.Row(name, connected, Time("waited", v.Known), Figure{Name: "in the end", Text: ending(v)})
		return v
	}
	visits := make(map[string]rig.Visit)
	err = t.EachPart(ctx, "one more client comes to %s", []string{"-quiet", rig.N(p.n)}, func(s *rig.Server) error {
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		if err := crowd.Join(ctx, p.n); err != nil {
			return err
		}
		if _, err := s.Settled(ctx); err != nil {
			return err
		}
		visits[s.Part] = visit(s.Name, s.Addr)
		return nil
	})
	if err != nil {
		return r, err
	}
	t.Step("one more client comes to a server that refuses")
	var refused rig.Visit
	err = rig.Serve(func(net.Conn) {}, func(addr string) error { // it hangs up on everybody
		refused = visit("a server that refuses", addr)
		return nil
	})
	if err != nil {
		return r, err
	}
	r.Verdicts = p.verdicts(visits[rig.Pool], visits[rig.BoundedAccept], refused)
	return r, nil
}

// verdicts judges by how the visits ended.
func (p *oneMore) verdicts(pool, bounded, refused rig.Visit) (verdicts []Verdict) {
	for _, full := range []struct {
		claim string
		visit rig.Visit
		why   string
	}{
		{"at a full server with slots a client is connected, and nobody serves it", bounded,
			"The kernel completes the connection by itself and keeps it in the backlog. More than that the client never learns."},
		{"at a pool that is full it is the same", pool, "The program has accepted it. That, too, the client does not learn."},
	} {
		v := Verdict{Claim: full.claim, Answer: answer(full.visit.Connected > 0 && errors.Is(full.visit.Reason, rig.ErrNoGreeting)),
			Expected: "connected, gives up", Measured: "connected, " + ending(full.visit)}
		if full.visit.Connected == 0 {
			v.Measured = ending(full.visit)
		}
		if v.Answer == Holds {
			v.Why = full.why
		}
		verdicts = append(verdicts, v)
	}
	return append(verdicts, Verdict{Claim: "a server that refuses lets it know at once", Answer: answer(!refused.Greeted && refused.Known < p.patience/10),
		Expected: fmt.Sprintf("within a tenth of %v", p.patience), Measured: console.Duration(refused.Known)})
}

// ending says how a visit ended.
func ending(v rig.Visit) string {
	switch {
	case v.Greeted:
		return "is served"
	case v.Connected == 0:
		return "is not connected"
	case errors.Is(v.Reason, rig.ErrNoGreeting):
		return "gives up"
	}
	return "is refused"
}
