package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "refuse-or-wait",
		Place:  130,
		Claim:  "clients believe that they are connected while nobody serves them",
		Source: "our own: the case against part 4",
		Shows: "Fills each server with clients that stay, and lets one more come, with a patience. Measures how long it takes " +
			"until it is connected, and until it is served or gives up. A server that hangs up when it is full is there to compare; " +
			"the lab runs it itself.",
		Bars: []string{"waited"},
		Setup: func(fs *flag.FlagSet) Run {
			n := count(fs, "n", 2, "the `number` of clients that stay, of workers, and of slots")
			patience := duration(fs, "patience", 2*time.Second, 100*time.Millisecond, time.Minute, "how much `time` the client has")
			return func(ctx context.Context, t *Trial) error { return refuseOrWait(ctx, t, *n, *patience) }
		},
	})
}

func refuseOrWait(ctx context.Context, t *Trial, n int, patience time.Duration) error {
	t.Steps(len(rig.Parts) + 1)
	visits := make(map[string]rig.Visit)
	visit := func(name, addr string) {
		v := rig.Visitor(ctx, addr, patience)
		visits[name] = v
		connected := Time("connected after", v.Connected)
		if v.Connected == 0 {
			connected = connected.As("never")
		}
		t.Row(name, connected, Time("waited", v.Known), Figure{Name: "in the end", Text: ending(v)})
	}
	for _, part := range rig.Parts {
		t.Step("one more client comes to %s", part)
		err := t.Servers.With(ctx, part, []string{"-quiet", "-n", strconv.Itoa(n)}, func(s *rig.Server) error {
			crowd := rig.NewCrowd(s.Addr)
			defer crowd.Close()
			if err := crowd.Join(ctx, n); err != nil {
				return err
			}
			if _, err := t.Settled(ctx, s); err != nil {
				return err
			}
			visit(part, s.Addr)
			return nil
		})
		if err != nil {
			return err
		}
	}
	t.Step("one more client comes to a server that refuses")
	err := rig.Serve(func(net.Conn) {}, func(addr string) error { // it hangs up on everybody
		visit("a server that refuses", addr)
		return nil
	})
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	if err != nil {
		return err
	}
	refuseVerdicts(t, visits[rig.Pool], visits[rig.BoundedAccept], visits["a server that refuses"], patience)
	return nil
}

func refuseVerdicts(t *Trial, pool, bounded, refused rig.Visit, patience time.Duration) {
	for _, full := range []struct {
		claim string
		visit rig.Visit
		why   string
	}{
		{"at a full server with slots a client is connected, and nobody serves it", bounded,
			"The kernel completes the connection by itself and keeps it in the backlog. More than that the client never learns."},
		{"at a pool that is full it is the same", pool, "The program has accepted it. That, too, the client does not learn."},
	} {
		v := Verdict{
			Claim:    full.claim,
			Expected: "connected, gives up",
			Measured: "connected, " + ending(full.visit),
			Holds:    full.visit.Connected > 0 && errors.Is(full.visit.Reason, rig.ErrNoGreeting),
		}
		if full.visit.Connected == 0 {
			v.Measured = ending(full.visit)
		}
		if v.Holds {
			v.Why = full.why
		}
		t.Verdict(v)
	}
	t.Verdict(Verdict{
		Claim:    "a server that refuses lets it know at once",
		Expected: fmt.Sprintf("within a tenth of %v", patience),
		Measured: console.Duration(refused.Known),
		Holds:    !refused.Greeted && refused.Known < patience/10,
	})
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
