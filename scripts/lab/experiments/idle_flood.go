package experiments

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "idle-flood",
		Place:  50,
		Claim:  "many clients that sit idle kill a server with a thread for each",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Has more and more clients connect and say nothing, and reads what each server has and uses. Then one honest " +
			"client asks each server to be served.",
		Curves: []Curve{{"clients", "memory"}},
		Setup: func(fs *flag.FlagSet) Run {
			clients := count(fs, "clients", 2000, "the `number` of idle clients in the end")
			patience := duration(fs, "patience", time.Second, 10*time.Millisecond, "how much `time` the honest client has")
			return func(ctx context.Context, t *Trial) error { return idleFlood(ctx, t, *clients, *patience) }
		},
	})
}

// floodSteps is in how many waves the clients of a flood come.
const floodSteps = 4

func idleFlood(ctx context.Context, t *Trial, clients int, patience time.Duration) error {
	if err := enoughDescriptors(clients); err != nil {
		return err
	}
	t.Steps(len(rig.Parts))
	honest := make(map[string]rig.Visit)
	perClient := make(map[string]int64)
	for _, part := range rig.Parts {
		t.Step("%d idle clients connect to %s", clients, part)
		err := t.Servers.With(ctx, part, []string{"-quiet"}, func(s *rig.Server) error {
			crowd := rig.NewCrowd(s.Addr)
			defer crowd.Close()
			var first rig.Meters
			for wave := range floodSteps + 1 {
				if err := crowd.Join(ctx, clients*wave/floodSteps-crowd.Held()); err != nil {
					return err
				}
				m, err := t.Settled(ctx, s)
				if err != nil {
					return err
				}
				figures := []Figure{Count("clients", int64(crowd.Held())), Memory("memory", m.Resident),
					Count("open files", m.Descriptors), Count("goroutines", int64(m.Goroutines)), Count("in the backlog", m.Backlog)}
				switch wave {
				case 0:
					first = m
				case floodSteps:
					if perClient[part] = rig.Unknown; m.Resident != rig.Unknown {
						perClient[part] = (m.Resident - first.Resident) / int64(clients)
					}
					honest[part] = rig.Visitor(ctx, s.Addr, patience)
				}
				t.Row(part, append(figures, servedFigure(wave == floodSteps, honest[part]))...)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	threaded, pool := honest[rig.Threaded], honest[rig.Pool]
	v := Verdict{
		Claim:    fmt.Sprintf("%d idle clients kill a thread-per-client server", clients),
		Expected: "the honest client is not served",
		Measured: outcome(threaded),
		Holds:    !threaded.Greeted,
	}
	if threaded.Greeted {
		v.Why = "Part 2 has a goroutine for each client, not a thread, and that costs " + Memory("", perClient[rig.Threaded]).String() +
			" of memory with all around it. What ends first is its descriptors; then it accepts nobody until one leaves."
		if perClient[rig.Threaded] == rig.Unknown {
			v.Why = "Part 2 has a goroutine for each client, not a thread. What ends first is its descriptors; then it accepts nobody until one leaves."
		}
	}
	t.Verdict(v)
	v = Verdict{
		Claim:    "a pool does not suffer from that",
		Expected: "the honest client is served",
		Measured: outcome(pool),
		Holds:    pool.Greeted,
	}
	if !pool.Greeted {
		v.Why = "Two idle clients keep both workers. All others wait until the idle timeout frees them, one after the other; see the experiment squatters."
	}
	t.Verdict(v)
	return nil
}

// servedFigure says how the honest client fared, once it has been there.
func servedFigure(been bool, v rig.Visit) Figure {
	f := Time("honest client", v.Known)
	switch {
	case !been:
		return f.As(" ")
	case !v.Greeted:
		return f.As("not served")
	}
	return f
}

// outcome says what a client that wants to be greeted got.
func outcome(v rig.Visit) string {
	switch {
	case v.Greeted:
		return "served after " + console.Duration(v.Known)
	case v.Reason == rig.ErrNoGreeting:
		return "not served within " + console.Duration(v.Known)
	}
	return "turned away after " + console.Duration(v.Known)
}

// enoughDescriptors says whether this process may hold so many connections.
func enoughDescriptors(clients int) error {
	const others = 100
	if limit := rig.DescriptorLimit(); limit != rig.Unknown && clients+others > limit {
		return fmt.Errorf("-clients %d: this machine lets a process have %d open files; want -clients %d at most, or a higher ulimit -n",
			clients, limit, max(limit-others, 1))
	}
	return nil
}
