package experiments

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
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

	capacities map[string]Sample // of each server since the experiment began, with those that did not count
	now        Sample            // of the servers in this round
	ended      map[string]int    // how often each server ended by itself
	silent     map[string]int    // how often each server answered nobody
	failed     bool              // a server ended by itself in this round
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

// under starts a server with args, measures its capacity, and calls use with both. If use returns a
// flaw, under does the same again. A server that ends by itself, or answers nobody, is a result: use
// must have stored what its clients got, even if it returns a flaw. With a capacity of 0 nobody comes,
// and nobody is answered. under reports whether the server ended by itself.
//
// Each server is its own yardstick, because each finds out by itself how much computing takes how long, and two come to
// different results on a machine that has other work. The capacity is what it answers in a second when a few clients
// more than it has processors ask again and again.
func (c *computing) under(ctx context.Context, t *Trial, program string, args []string, use func(s *rig.Server, capacity float64) error) (ended bool, err error) {
	args = append([]string{"-protocol", "http", "-quiet", rig.N(c.n)}, args...)
	for range attempts {
		name, capacity := "", 0.0
		err = t.With(ctx, program, args, func(s *rig.Server) (err error) {
			name = s.Name
			if capacity, err = c.capacity(ctx, s); err != nil {
				capacity = 0
			}
			return cmp.Or(use(s, capacity), err)
		})
		switch {
		case errors.Is(err, rig.ErrEnded):
			c.ended[name]++
			c.failed = true
			return true, nil
		case errors.As(err, new(flaw)):
			continue
		case err == nil && capacity == 0:
			c.silent[name]++
		case err == nil:
			c.now = append(c.now, capacity)
		}
		return false, err
	}
	return false, err
}

// answersSoon is how long the first client waits for a server. One that answers nobody takes all of it.
const answersSoon = 2 * time.Second

// capacity measures the capacity of s. It is 0 if s has never answered anybody. capacity returns a
// flaw if it differs much from what s did before: then the machine has had other work.
func (c *computing) capacity(ctx context.Context, s *rig.Server) (float64, error) {
	dial, d := client.Dial(s.Addr), max(c.d/2, 5*c.work)
	first := rig.Once(dial, "/spin?d=1ms", answersSoon)(ctx, time.Now()) // now the server finds out
	capacity := rig.Press(ctx, dial, spin(c.work), 2*runtime.GOMAXPROCS(0), d).Rate()
	return capacity, c.odd(s.Name, capacity, first == rig.Answered)
}

// odd returns a flaw if a capacity is far from what the server had before. It keeps the capacity either
// way, so that a machine that stays slower is not odd for ever.
func (c *computing) odd(server string, capacity float64, answered bool) error {
	before := c.capacities[server]
	if capacity > 0 {
		c.capacities[server] = append(before, capacity)
	}
	usual := before.Median()
	switch {
	case capacity == 0 && (answered || len(before) > 0):
		return flaw(server + " answered nobody while its capacity was measured, though it does answer")
	case capacity > 0 && len(before) > 0 && (uneven*capacity < usual || capacity > uneven*usual):
		return flaw(fmt.Sprintf("%s had a capacity of %s, and one of %s before", server, PerSecond.Format(capacity), PerSecond.Format(usual)))
	}
	return nil
}

// uneven is by how much two capacities of the same server may differ, as a ratio.
const uneven = 3

// begin begins a round.
func (c *computing) begin() {
	c.now, c.failed = nil, false
	if c.capacities == nil {
		c.capacities, c.ended, c.silent = make(map[string]Sample), make(map[string]int), make(map[string]int)
	}
}

// typical returns the median of the capacities that were measured in this round. It returns a flaw if
// all servers answered nobody, though none ended: that says more about the machine than about them.
func (c *computing) typical() (median float64, err error) {
	if len(c.now) == 0 && !c.failed {
		err = flaw("no server answered anybody")
	}
	return c.now.Median(), err
}

// noteFailures says which servers did not do their work.
func (c *computing) noteFailures(r *Result) {
	for _, name := range slices.Sorted(maps.Keys(c.ended)) {
		r.Note("%s ended by itself, %s: nobody was answered from then on.", name, several(c.ended[name], "time"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.silent)) {
		r.Note("%s answered nobody within %v, %s, so it has no capacity and no goodput.", name, answersSoon, several(c.silent[name], "time"))
	}
}

// loadFlaw returns a flaw if a load was not what it should be: if many clients were started late.
func loadFlaw(server string, l *rig.Load, patience time.Duration) error {
	if late := l.Late(patience / 2); 20*late > len(l.Requests) {
		return flaw(fmt.Sprintf("the lab started %d of %d clients of %s too late", late, len(l.Requests), server))
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
	memory   int64 // at the end, if the experiment shows it
}

// share returns how many requests ended so, as a share of the capacity. Of a server without a capacity it is 0.
func (m measured) share(end rig.End) float64 {
	if m.capacity == 0 {
		return 0
	}
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
