package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var whereTheyWait = Experiment{
	Name:   "where-they-wait",
	Claim:  "if all threads are busy, the server blocks until the pool accepts the task",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Lets 50 clients connect and stay, and looks where the clients are that nobody serves: in the program, which has " +
		"accepted them and holds a descriptor for each, or in the kernel's backlog. Does the same with a pool of threads in Python, as in the text.",
	Bars: []string{"served", "in the program", "in the backlog"},
	Setup: func(fs *flag.FlagSet) Run {
		var p waiters
		console.CountVar(fs, &p.clients, "clients", 50, "the `number` of clients")
		console.CountVar(fs, &p.n, "n", 2, "the `number` of workers of part 3, of slots of part 4, and of Python's threads")
		return p.run
	},
}

type waiters struct{ clients, n int }

// A place says where the clients of a server were, in each round.
type place struct {
	accepted, backlog Sample
	ended             bool // the server did not survive its clients
}

func (p *waiters) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients <= p.n {
		return r, console.Usagef("-clients %d: want more than -n, which is %d, or nobody waits", p.clients, p.n)
	}
	servers := rig.Parts
	if ok, err := t.able(ctx, &r, rig.PythonPool, "It would show where the clients of a pool of threads in Python wait, which is the text's."); err != nil {
		return r, err
	} else if ok {
		servers = append(slices.Clone(servers), rig.PythonPool)
	}
	where := make(map[string]place)
	round := func() error {
		for _, server := range servers {
			t.Step("%d clients connect to %s and stay", p.clients, rig.Name(server))
			here := where[server]
			err := t.With(ctx, server, []string{"-quiet", rig.N(p.n)}, func(s *rig.Server) error { return p.look(ctx, s, &here, &r) })
			switch {
			case errors.Is(err, rig.ErrEnded):
				here.ended = true
			case err != nil:
				return err
			}
			where[server] = here
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(servers), round, func() []Verdict { return p.verdicts(where) })
	return r, err
}

// look lets clients come to s, and notes where they are then.
func (p *waiters) look(ctx context.Context, s *rig.Server, here *place, r *Result) error {
	before, err := s.Settled(ctx)
	if err != nil {
		return err
	}
	crowd := rig.NewCrowd(s.Addr)
	defer crowd.Close()
	if err := crowd.Join(ctx, p.clients); err != nil && !errors.Is(err, rig.ErrFull) {
		return err
	}
	m, err := s.Settled(ctx)
	if err != nil {
		return err
	}
	descriptors := m.Descriptors
	if descriptors != rig.Unknown {
		descriptors -= before.Descriptors
	}
	if s.Debug == "" { // it counts nothing, but its clients count its greetings
		m.Accepted, m.Serving = descriptors, int64(crowd.Greeted())
		m.Waiting = max(m.Accepted-m.Serving, rig.Unknown)
	}
	here.accepted = append(here.accepted, float64(m.Accepted))
	here.backlog = append(here.backlog, float64(m.Backlog))
	r.Row(s.Name, Count("served", m.Serving), Count("in the program", m.Waiting),
		Count("in the backlog", m.Backlog), Count("descriptors for them", descriptors))
	return nil
}

// verdicts judges by where the clients of both pools and of bounded accepting are. It leaves out Python's pool if it
// did not run.
func (p *waiters) verdicts(where map[string]place) (verdicts []Verdict) {
	for _, pool := range []struct{ server, claim string }{
		{rig.Pool, "a pool that queues blocks when all workers are busy"},
		{rig.PythonPool, "a pool of threads in Python blocks when all are busy"},
	} {
		got, ran := where[pool.server]
		if pool.server == rig.PythonPool && (!ran || unknown(got.accepted)) {
			continue
		}
		v := Verdict{Claim: pool.claim, Expected: fmt.Sprintf("%d accepted", p.n), Measured: got.accepted.In(Things) + " accepted", Answer: got.accepted.is(float64(p.n))}
		if v.Answer == DoesNotHold && got.accepted.Median() > float64(p.n) {
			v.Why = "Its queue has no bound: it takes every client at once, and each costs a descriptor while it waits."
		}
		verdicts = append(verdicts, got.judged(v))
	}
	got, waiting := where[rig.BoundedAccept], p.clients-p.n
	v := Verdict{Claim: "a server with slots stops accepting when it is full", Expected: fmt.Sprintf("%d accepted", p.n),
		Measured: got.accepted.In(Things) + " accepted", Answer: got.accepted.is(float64(p.n))}
	if !unknown(got.backlog) { // otherwise the accepted clients must do
		v.Expected += fmt.Sprintf(", %d in the backlog", waiting)
		v.Measured += fmt.Sprintf(", %s in the backlog", got.backlog.In(Things))
		v.Answer = both(v.Answer, got.backlog.is(float64(waiting)))
	}
	return append(verdicts, got.judged(v))
}

// judged returns v unless the server ended.
func (here place) judged(v Verdict) Verdict {
	if here.ended {
		v.Measured, v.Answer, v.Why = "it ended", DoesNotHold, ""
	}
	return v
}

// unknown reports whether the system did not tell a figure.
func unknown(s Sample) bool { return slices.Contains(s, rig.Unknown) }
