package experiments

import (
	"context"
	"errors"
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
		Claim:  "clients that sit idle kill a server with a thread for each, and not one with a pool",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Has more and more clients connect and say nothing, and reads what each server has and uses. Then one honest " +
			"client asks each server to be served.",
		Curves: []Curve{{"clients", "memory"}},
		Setup: func(fs *flag.FlagSet) Run {
			clients := count(fs, "clients", 2000, "the `number` of idle clients in the end")
			patience := duration(fs, "patience", time.Second, 10*time.Millisecond, time.Minute, "how much `time` the honest client has")
			return func(ctx context.Context, t *Trial) error {
				if *clients < fewestIdle {
					return console.Usagef("-clients %d: want at least %d, or it is no flood", *clients, fewestIdle)
				}
				return idleFlood(ctx, t, *clients, *patience)
			}
		},
	})
}

const (
	threads    = "part2, a thread each"
	floodSteps = 4 // waves in which the clients of a flood come
	fewestIdle = 20
)

func idleFlood(ctx context.Context, t *Trial, clients int, patience time.Duration) error {
	type server struct {
		name, part string
		args       []string
	}
	var servers []server
	for _, part := range rig.Parts {
		servers = append(servers, server{part, part, []string{"-quiet"}})
	}
	servers = append(servers, server{threads, rig.Threaded, []string{"-quiet", "-os-threads"}})
	t.Steps(len(servers))
	honest := make(map[string]rig.Visit)
	perClient := make(map[string]int64)
	for _, server := range servers {
		t.Step("%d idle clients connect to %s", clients, server.name)
		err := t.Servers.With(ctx, server.part, server.args, func(s *rig.Server) error {
			crowd := rig.NewCrowd(s.Addr)
			defer crowd.Close()
			var first rig.Meters
			for wave := range floodSteps + 1 {
				err := crowd.Join(ctx, clients*wave/floodSteps-crowd.Held())
				if err != nil && !errors.Is(err, rig.ErrFull) { // a full backlog keeps the flood out, which is a result
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
					if perClient[server.name] = rig.Unknown; m.Resident != rig.Unknown {
						perClient[server.name] = (m.Resident - first.Resident) / int64(crowd.Held())
					}
					honest[server.name] = rig.Visitor(ctx, s.Addr, patience)
				}
				if wave == floodSteps {
					figures = append(figures, servedFigure(honest[server.name]))
				}
				t.Row(server.name, figures...)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, claim := range []struct{ text, server string }{
		{fmt.Sprintf("%d idle clients kill a server with a thread for each", clients), threads},
		{fmt.Sprintf("%d idle clients kill a server with a goroutine for each", clients), rig.Threaded},
	} {
		v := Verdict{
			Claim:    claim.text,
			Expected: "the honest client is not served",
			Measured: outcome(honest[claim.server]),
			Holds:    !honest[claim.server].Greeted,
		}
		if each := perClient[claim.server]; !v.Holds && each != rig.Unknown {
			v.Why = "Each of them costs " + Memory("", each).String() + " of memory here. With far more of them, it would run out of that, or before that of open files (ulimit -n)."
		}
		t.Verdict(v)
	}
	v := Verdict{
		Claim:    "a pool serves on beside idle clients",
		Expected: "the honest client is served",
		Measured: outcome(honest[rig.Pool]),
		Holds:    honest[rig.Pool].Greeted,
	}
	if !v.Holds {
		v.Why = "An idle client keeps its worker until the idle timeout frees it, and so does the next one in the queue; see the experiment squatters."
	}
	t.Verdict(v)
	return nil
}

// servedFigure says how the honest client fared.
func servedFigure(v rig.Visit) Figure {
	f := Time("honest client", v.Known)
	if !v.Greeted {
		return f.As("not served")
	}
	return f
}

// outcome says what a client that wants to be greeted got.
func outcome(v rig.Visit) string {
	switch {
	case v.Greeted:
		return "served after " + console.Duration(v.Known)
	case errors.Is(v.Reason, rig.ErrNoGreeting), v.Connected == 0:
		return "not served within " + console.Duration(v.Known)
	}
	return "turned away after " + console.Duration(v.Known)
}
