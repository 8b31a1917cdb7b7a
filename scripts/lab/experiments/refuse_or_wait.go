package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "refuse-or-wait",
		Place:  130,
		Claim:  "clients believe that they are connected while nobody serves them",
		Source: "the case against bounded accept, which nobody makes",
		Shows: "Fills each server with clients that stay, and lets one more come, with a patience. Measures how long it takes " +
			"until it is connected, and until it knows whether it is served. A server that hangs up when it is full is there to compare.",
		Bars: []string{"knows after"},
		Setup: func(fs *flag.FlagSet) Run {
			n := count(fs, "n", 2, "the `number` of clients that stay, of workers, and of slots")
			patience := duration(fs, "patience", 2*time.Second, 100*time.Millisecond, "how much `time` the client has")
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
		t.Row(name, Time("connected after", v.Connected), Time("knows after", v.Known), Figure{Name: "what it knows", Text: knowledge(v)})
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
	err := refusing(func(addr string) error { visit("a server that refuses", addr); return nil })
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	if err != nil {
		return err
	}
	refuseVerdicts(t, visits[rig.BoundedAccept], visits["a server that refuses"], patience)
	return nil
}

func refuseVerdicts(t *Trial, bounded, refused rig.Visit, patience time.Duration) {
	v := Verdict{
		Claim:    "at a full server with slots a client is connected, and nobody serves it",
		Expected: "connected, not greeted",
		Measured: "not connected",
		Holds:    bounded.Connected > 0 && errors.Is(bounded.Reason, rig.ErrNoGreeting),
	}
	if bounded.Connected > 0 {
		v.Measured = "connected, " + knowledge(bounded)
	}
	if v.Holds {
		v.Why = "The kernel completes the connection on its own and keeps it in the backlog. The client learns no more than that until its patience ends; part 3 is no different."
	}
	t.Verdict(v)
	t.Verdict(Verdict{
		Claim:    "a server that refuses lets it know at once",
		Expected: fmt.Sprintf("within a tenth of %v", patience),
		Measured: console.Duration(refused.Known),
		Holds:    !refused.Greeted && refused.Known < patience/10,
	})
}

func knowledge(v rig.Visit) string {
	switch {
	case v.Greeted:
		return "served"
	case errors.Is(v.Reason, rig.ErrNoGreeting):
		return "nothing, it gave up"
	case v.Connected == 0:
		return "not connected"
	}
	return "refused"
}

// refusing runs a server that is always full and hangs up on whom it accepts, hands use its address, and ends it.
func refusing(use func(addr string) error) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	})
	err = use(ln.Addr().String())
	closeErr := ln.Close()
	serving.Wait()
	return errors.Join(err, closeErr)
}
