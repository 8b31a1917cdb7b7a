package experiments

import (
	"context"
	"flag"
	"fmt"
	"strconv"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "where-they-wait",
		Place:  40,
		Claim:  "if all threads are busy, the server blocks until the pool accepts the task",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Lets 50 clients connect and stay, and looks where those are whom nobody serves: in the program, which has " +
			"accepted them and holds a descriptor for each, or in the kernel's backlog.",
		Bars: []string{"served", "in the program", "in the backlog"},
		Setup: func(fs *flag.FlagSet) Run {
			clients := count(fs, "clients", 50, "the `number` of clients")
			n := count(fs, "n", 2, "the `number` of workers of part 3 and of slots of part 4")
			return func(ctx context.Context, t *Trial) error { return whereTheyWait(ctx, t, *clients, *n) }
		},
	})
}

func whereTheyWait(ctx context.Context, t *Trial, clients, n int) error {
	if clients <= n {
		return console.Usagef("-clients %d: want more than -n, which is %d, or nobody waits", clients, n)
	}
	t.Steps(len(rig.Parts))
	where := make(map[string]rig.Meters)
	for _, part := range rig.Parts {
		t.Step("%d clients connect to %s and stay", clients, part)
		err := t.Servers.With(ctx, part, []string{"-quiet", "-n", strconv.Itoa(n)}, func(s *rig.Server) error {
			before, err := t.Settled(ctx, s)
			if err != nil {
				return err
			}
			crowd := rig.NewCrowd(s.Addr)
			defer crowd.Close()
			if err := crowd.Join(ctx, clients); err != nil {
				return err
			}
			m, err := t.Settled(ctx, s)
			if err != nil {
				return err
			}
			where[part] = m
			descriptors := m.Descriptors
			if descriptors != rig.Unknown {
				descriptors -= before.Descriptors
			}
			t.Row(part, Count("served", m.Serving), Count("in the program", m.Waiting),
				Count("in the backlog", m.Backlog), Count("descriptors for them", descriptors))
			return nil
		})
		if err != nil {
			return err
		}
	}
	pool, bounded := where[rig.Pool], where[rig.BoundedAccept]
	v := Verdict{
		Claim:    "a pool that queues blocks when all workers are busy",
		Expected: fmt.Sprintf("%d accepted", n),
		Measured: fmt.Sprintf("%d accepted", pool.Accepted),
		Holds:    pool.Accepted == int64(n),
	}
	if pool.Waiting > 0 {
		v.Why = "Its queue has no bound, as the queues of Python's executor and of Rust's channel have none: it takes every client at once, and each costs a descriptor while it waits."
	}
	t.Verdict(v)
	v = Verdict{
		Claim:    "a server that takes a slot before it accepts does block",
		Expected: fmt.Sprintf("%d accepted, %d in the backlog", n, clients-n),
		Measured: fmt.Sprintf("%d accepted, %d in the backlog", bounded.Accepted, bounded.Backlog),
		Holds:    bounded.Accepted == int64(n) && bounded.Backlog == int64(clients-n),
	}
	if bounded.Backlog == rig.Unknown { // then what has been accepted must do
		v.Expected, v.Measured = fmt.Sprintf("%d accepted", n), fmt.Sprintf("%d accepted", bounded.Accepted)
		v.Holds = bounded.Accepted == int64(n)
	}
	t.Verdict(v)
	return nil
}
