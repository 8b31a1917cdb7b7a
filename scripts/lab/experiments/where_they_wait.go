package experiments

import (
	"context"
	"flag"
	"fmt"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var whereTheyWait = Experiment{
	Name:   "where-they-wait",
	Claim:  "if all threads are busy, the server blocks until the pool accepts the task",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Lets 50 clients connect and stay, and looks where the clients are that nobody serves: in the program, which has " +
		"accepted them and holds a descriptor for each, or in the kernel's backlog.",
	Bars: []string{"served", "in the program", "in the backlog"},
	Setup: func(fs *flag.FlagSet) Run {
		var p waiters
		console.CountVar(fs, &p.clients, "clients", 50, "the `number` of clients")
		console.CountVar(fs, &p.n, "n", 2, "the `number` of workers of part 3 and of slots of part 4")
		return p.run
	},
}

type waiters struct{ clients, n int }

func (p *waiters) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients <= p.n {
		return r, console.Usagef("-clients %d: want more than -n, which is %d, or nobody waits", p.clients, p.n)
	}
	t.Steps(len(rig.Parts))
	where := make(map[string]rig.Meters)
	step := fmt.Sprintf("%d clients connect to %%s and stay", p.clients)
	err = t.EachPart(ctx, step, []string{"-quiet", rig.N(p.n)}, func(s *rig.Server) error {
		before, err := s.Settled(ctx)
		if err != nil {
			return err
		}
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		if err := crowd.Join(ctx, p.clients); err != nil {
			return err
		}
		m, err := s.Settled(ctx)
		if err != nil {
			return err
		}
		where[s.Part] = m
		descriptors := m.Descriptors
		if descriptors != rig.Unknown {
			descriptors -= before.Descriptors
		}
		r.Row(s.Name, Count("served", m.Serving), Count("in the program", m.Waiting),
			Count("in the backlog", m.Backlog), Count("descriptors for them", descriptors))
		return nil
	})
	if err != nil {
		return r, err
	}
	r.Verdicts = p.verdicts(where[rig.Pool], where[rig.BoundedAccept])
	return r, nil
}

// verdicts judges by where the clients of the pool and of bounded accepting are.
func (p *waiters) verdicts(pool, bounded rig.Meters) []Verdict {
	blocks := Verdict{Claim: "a pool that queues blocks when all workers are busy", Answer: answer(pool.Accepted == int64(p.n)),
		Expected: fmt.Sprintf("%d accepted", p.n), Measured: fmt.Sprintf("%d accepted", pool.Accepted)}
	if pool.Waiting > 0 {
		blocks.Why = "Its queue has no bound, like the queues of Python's executor and of Rust's channel: it takes every client at once, and each costs a descriptor while it waits."
	}
	does := Verdict{Claim: "a server that takes a slot before it accepts does block", Answer: answer(bounded.Accepted == int64(p.n) && bounded.Backlog == int64(p.clients-p.n)),
		Expected: fmt.Sprintf("%d accepted, %d in the backlog", p.n, p.clients-p.n), Measured: fmt.Sprintf("%d accepted, %d in the backlog", bounded.Accepted, bounded.Backlog)}
	if bounded.Backlog == rig.Unknown { // then the accepted clients must do
		does.Expected, does.Measured = fmt.Sprintf("%d accepted", p.n), fmt.Sprintf("%d accepted", bounded.Accepted)
		does.Answer = answer(bounded.Accepted == int64(p.n))
	}
	return []Verdict{blocks, does}
}
