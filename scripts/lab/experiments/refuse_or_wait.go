package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var refuseOrWait = Experiment{
	Name:   "refuse-or-wait",
	Claim:  "clients believe that they are connected while nobody serves them",
	Source: "our own: the case against part 4",
	Shows: "Lets clients fill each server and stay, and lets some more come at once, each with a patience. Measures how long it " +
		"takes until they are connected, and until they are served, refused, or give up. Beside the parts runs a server that " +
		"refuses, but only when it is full: scripts/designs/refusing.",
	Bars: []string{"waited"},
	Setup: func(fs *flag.FlagSet) Run {
		var p oneMore
		console.CountVar(fs, &p.n, "n", 2, "the `number` of workers, and of slots")
		console.DurationVar(fs, &p.patience, "patience", 500*time.Millisecond, 100*time.Millisecond, time.Minute, "how much `time` a client has")
		return p.run
	},
}

type oneMore struct {
	n        int
	patience time.Duration
}

// How many clients may wait in the queue of the server that refuses, and how many come while a server is full.
const (
	queued = 1
	comers = 5
)

// A reception is what clients got from one server in each round: the first of all, and those that came when it was full.
type reception struct {
	first []rig.Visit
	more  [][]rig.Visit
}

// all says for each round whether all who came when the server was full saw the same.
func (r reception) all(saw func(rig.Visit) bool) (rounds []bool) {
	for _, visits := range r.more {
		rounds = append(rounds, !slices.ContainsFunc(visits, func(v rig.Visit) bool { return !saw(v) }))
	}
	return rounds
}

// slowest returns how long the slowest of them took to know, in each round.
func (r reception) slowest() (s Sample) {
	for _, visits := range r.more {
		known := time.Duration(0)
		for _, v := range visits {
			known = max(known, v.Known)
		}
		s = append(s, known.Seconds())
	}
	return s
}

func (p *oneMore) run(ctx context.Context, t *Trial) (r Result, err error) {
	servers := append(slices.Clone(rig.Parts), rig.Refusing)
	got := make(map[string]reception)
	round := func() error {
		for _, server := range servers {
			t.Step("%s more come to %s when it is full", several(comers, "client"), rig.Name(server))
			err := t.Try(ctx, server, []string{"-quiet", rig.N(p.n), rig.Q(queued)}, func(s *rig.Server) error {
				first, more, err := p.receive(ctx, s, &r)
				got[server] = reception{append(got[server].first, first), append(got[server].more, more)}
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(servers), round, func() []Verdict {
		return p.verdicts(got[rig.Pool], got[rig.BoundedAccept], got[rig.Refusing])
	})
	return r, err
}

// receive lets a client come to s, then so many that it is full, and then some more at once.
func (p *oneMore) receive(ctx context.Context, s *rig.Server, r *Result) (first rig.Visit, more []rig.Visit, err error) {
	first = rig.Visitor(ctx, s.Addr, 10*time.Second)
	crowd := rig.NewCrowd(s.Addr)
	defer crowd.Close()
	for _, n := range []int{p.n, queued} { // one after the other, or a worker that has not come yet leaves the queue full
		if err := crowd.Join(ctx, n); err != nil && !errors.Is(err, rig.ErrFull) {
			return first, more, err
		}
		if _, err := s.Settled(ctx); err != nil {
			return first, more, err
		}
	}
	visits := make(chan rig.Visit, comers)
	for range comers {
		go func() { visits <- rig.Visitor(ctx, s.Addr, p.patience) }()
	}
	for range comers {
		more = append(more, <-visits)
	}
	for _, v := range more {
		connected := Time("connected after", v.Connected)
		if v.Connected == 0 {
			connected = connected.As("never")
		}
		waited := Time("waited", v.Known)
		if errors.Is(v.Reason, rig.ErrNoGreeting) {
			waited = waited.As("not served")
		}
		r.Row(s.Name, connected, waited, Figure{Name: "in the end", Text: ending(v)})
	}
	return first, more, nil
}

// verdicts judges by how the visits ended.
func (p *oneMore) verdicts(pool, bounded, refusing reception) (verdicts []Verdict) {
	for _, full := range []struct {
		claim string
		got   reception
		why   string
	}{
		{"a full server with slots leaves a client connected but not served", bounded,
			"The kernel completes the connection by itself and keeps it in the backlog. The client learns nothing more."},
		{"at a pool that is full it is the same", pool, "The program has accepted it. The client doesn't learn that either."},
	} {
		as := full.got.all(func(v rig.Visit) bool { return v.Connected > 0 && errors.Is(v.Reason, rig.ErrNoGreeting) })
		v := Verdict{Claim: full.claim, Answer: Agree(as), Expected: "connected, gives up", Measured: endings(slices.Concat(full.got.more...))}
		if v.Answer == Holds {
			v.Why = full.why
		}
		verdicts = append(verdicts, v)
	}
	refused, slowest := refusing.all(func(v rig.Visit) bool { return errors.Is(v.Reason, rig.ErrRefused) }), refusing.slowest()
	var served []bool
	for _, v := range refusing.first {
		served = append(served, v.Greeted)
	}
	soon := Verdict{Claim: "a server that refuses tells a client immediately", Expected: "refused within a fifth of its patience",
		Measured: fmt.Sprintf("%s, the slowest after %s", endings(slices.Concat(refusing.more...)), slowest.In(Seconds)), Answer: both(Agree(refused), slowest.Within(0, p.patience.Seconds()/5))}
	return append(verdicts, soon, Verdict{Claim: "it refuses only while it is full", Answer: Agree(served),
		Expected: "the first client is served", Measured: endings(refusing.first)})
}

// endings says how most visits ended.
func endings(visits []rig.Visit) string {
	var all []Figure
	for _, v := range visits {
		text := ending(v)
		if v.Connected > 0 && errors.Is(v.Reason, rig.ErrNoGreeting) {
			text = "connected, " + text
		}
		all = append(all, Figure{Text: text})
	}
	if len(all) == 0 {
		return "nothing"
	}
	return usual(all)
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
	case errors.Is(v.Reason, rig.ErrRefused):
		return "is refused"
	}
	return "is cut off"
}
