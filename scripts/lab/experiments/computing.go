package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"slices"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

// computing is the work of the experiments about overload: requests of which each computes for some time.
type computing struct {
	work time.Duration
	n    int // workers, or slots
	d    time.Duration

	capacities Sample // of the servers in this round
}

func (c *computing) flags(fs *flag.FlagSet) {
	console.DurationVar(fs, &c.work, "work", 10*time.Millisecond, time.Millisecond, 10*time.Second, "what one request computes, as the `time` that a processor needs")
	console.DurationVar(fs, &c.d, "d", 200*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes, after the load has built up")
	console.CountVar(fs, &c.n, "n", runtime.GOMAXPROCS(0), "the `number` of workers and of slots (default: of processors)")
	fs.Lookup("n").DefValue = "" // the help is the same on every machine
}

// check returns an error if nobody could be answered in time.
func (c *computing) check(patience time.Duration) error {
	if patience <= c.work {
		return console.Usagef("-patience %v: want more than -work, which is %v, or nobody can be answered in time", patience, c.work)
	}
	if c.d <= c.work {
		return console.Usagef("-d %v: want more than -work, which is %v, or nobody is answered in that time", c.d, c.work)
	}
	return nil
}

func spin(work time.Duration) string { return "/spin?d=" + work.String() }

// attempts is how often a measurement with a flaw is made at most, before the whole round does not count.
const attempts = 3

// under starts a server with args, measures its capacity, and calls use with both. If use returns a flaw, under does the
// same again. A server that ends by itself does so as a result: use has seen what its clients got.
//
// Each server is its own yardstick, because each finds out by itself how much computing takes how long, and two come to
// different results on a machine that has other work. The capacity is what it answers in a second when a few clients
// more than it has processors ask again and again.
func (c *computing) under(ctx context.Context, t *Trial, program string, args []string, use func(s *rig.Server, capacity float64) error) (err error) {
	args = append([]string{"-protocol", "http", "-quiet", rig.N(c.n)}, args...)
	for range attempts {
		capacity := 0.0
		err = t.Try(ctx, program, args, func(s *rig.Server) error {
			var err error
			if capacity, err = c.capacity(ctx, s); err != nil {
				return err
			}
			return use(s, capacity)
		})
		if !errors.As(err, new(flaw)) {
			c.capacities = append(c.capacities, capacity)
			return err
		}
	}
	return err
}

func (c *computing) capacity(ctx context.Context, s *rig.Server) (float64, error) {
	dial, d := client.Dial(s.Addr), max(c.d/2, 5*c.work)
	rig.Once(dial, "/spin?d=1ms", time.Minute)(ctx, time.Now()) // now it finds out
	capacity := rig.Press(ctx, dial, spin(c.work), 2*runtime.GOMAXPROCS(0), d).Rate()
	switch {
	case capacity == 0:
		return 0, flaw(fmt.Sprintf("%s answered nobody within %v", s.Name, d))
	case len(c.capacities) > 0 && uneven*capacity < slices.Max(c.capacities):
		return 0, flaw(fmt.Sprintf("%s had a capacity of %s, and another server one of %s", s.Name, PerSecond.Format(capacity), PerSecond.Format(slices.Max(c.capacities))))
	}
	return capacity, nil
}

// uneven is by how much the capacities of two servers in a round may differ, as a ratio.
const uneven = 3

// begin forgets the capacities of the last round.
func (c *computing) begin() { c.capacities = nil }

// steady returns the median of the capacities that were measured since the round began. It returns a flaw if two of them
// differ too much: then the figures say more about the machine than about the servers.
func (c *computing) steady() (median float64, err error) {
	least, most, median := slices.Min(c.capacities), slices.Max(c.capacities), c.capacities.Median()
	if most > uneven*least {
		err = flaw(fmt.Sprintf("the capacity varied from %s to %s", PerSecond.Format(least), PerSecond.Format(most)))
	}
	return median, err
}

// loadFlaw returns a flaw if a load was not what it should be: if many clients were started late, or more were answered
// than there were.
func loadFlaw(server string, l *rig.Load, patience time.Duration) error {
	late, answered, offered := l.Late(patience/2), l.Count(rig.Answered), l.Offered()
	switch {
	case 20*late > len(l.Requests):
		return flaw(fmt.Sprintf("the lab started %d of %d clients of %s too late", late, len(l.Requests), server))
	case float64(answered) > 1.2*float64(offered)+3: // some are answered that came before
		return flaw(fmt.Sprintf("%s answered %d requests while %d came", server, answered, offered))
	}
	return nil
}

// buildUp is how long it takes until a queue without bounds keeps everybody waiting for longer than the patience, and half
// as long again, because the capacity may be more than was measured: who is answered t after the beginning of a load has waited for t × (load - 1) / load.
func buildUp(load float64, patience time.Duration) time.Duration {
	if load <= 1 {
		return patience / 2
	}
	return time.Duration(1.5 * load / (load - 1) * float64(patience))
}

// A measured load is what a server did under it, beside its capacity.
type measured struct {
	*rig.Load
	capacity float64
	memory   int64 // at the end
}

// share returns how many requests ended so, as a share of the capacity.
func (m measured) share(end rig.End) float64 {
	return float64(m.Count(end)) / m.Over().Seconds() / m.capacity
}

// flaw returns a flaw if the server answered so much more than its capacity that the capacity was not what it was measured.
func (m measured) flaw(server string) error {
	if answered := m.share(rig.Answered); answered > most {
		return flaw(fmt.Sprintf("%s answered %.0f %% of its capacity", server, 100*answered))
	}
	return nil
}

// within returns the share of the capacity that was answered to clients with a patience.
func (m measured) within(patience time.Duration) float64 {
	m.Load = m.Impatient(patience)
	return m.share(rig.Answered)
}
