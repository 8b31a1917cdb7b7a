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
		Name:   "os-threads",
		Place:  60,
		Claim:  "10,000 threads occupy 80 GB of address space, and one to two cores just to switch between them",
		Source: "Bendersky, Concurrent Servers, part 2, footnote",
		Shows: "Holds clients on part 2, with a goroutine for each and then with a thread for each, and has each client say " +
			"something now and then. Then it goes past the number of threads that the Go runtime allows.",
		Bars: []string{"memory per client"},
		Setup: func(fs *flag.FlagSet) Run {
			clients := count(fs, "clients", 2000, "the `number` of clients")
			d := duration(fs, "d", 2*time.Second, 100*time.Millisecond, time.Minute, "each client says something five times in this `time`, which is measured")
			limit := fs.Bool("limit", true, "go past the runtime's limit of 10,000 threads; -limit=false to leave that out")
			return func(ctx context.Context, t *Trial) error { return osThreads(ctx, t, *clients, *d, *limit) }
		},
	})
}

const (
	maxThreads    = 10_000 // what the Go runtime allows unless told otherwise (runtime/debug.SetMaxThreads)
	fewestThreads = 500
)

// rounds is how often each client speaks. Processor time is told in hundredths of a second.
const rounds = 5

// perThread is what a client costs.
type perThread struct {
	memory, space int64   // bytes
	threads       float64 // a client
	cpu           float64 // seconds for each thing that a client says
}

func osThreads(ctx context.Context, t *Trial, clients int, d time.Duration, limit bool) error {
	if clients > maxThreads*9/10 {
		return console.Usagef("-clients %d: want at most %d, the runtime's limit of threads is %d", clients, maxThreads*9/10, maxThreads)
	}
	if clients < fewestThreads {
		return console.Usagef("-clients %d: want at least %d, fewer cost too little to be measured", clients, fewestThreads)
	}
	t.Steps(2)
	if limit {
		t.Steps(3)
	}
	var costs []perThread
	for _, way := range []struct {
		name string
		args []string
	}{{"a goroutine each", []string{"-quiet"}}, {"a thread each", []string{"-quiet", "-os-threads"}}} {
		t.Step("%d clients, %s", clients, way.name)
		err := t.Servers.With(ctx, rig.Threaded, way.args, func(s *rig.Server) error {
			c, err := costOfClients(ctx, t, s, clients, d)
			costs = append(costs, c)
			if err != nil {
				return err
			}
			cpu := Time("CPU per message", time.Duration(c.cpu*float64(time.Second)))
			if c.cpu < 0 {
				cpu = Count("CPU per message", rig.Unknown)
			}
			t.Row(way.name, Count("clients", int64(clients)), Figure{"threads per client", c.threads, Things, fmt.Sprintf("%.2f", c.threads)},
				Memory("memory per client", c.memory), Memory("address space per client", c.space), cpu)
			return nil
		})
		if err != nil {
			return err
		}
	}
	threadVerdicts(t, costs[0], costs[1])
	if !limit {
		return nil
	}
	t.Step("past %d threads", maxThreads)
	return pastTheLimit(ctx, t)
}

func costOfClients(ctx context.Context, t *Trial, s *rig.Server, clients int, d time.Duration) (c perThread, err error) {
	before, err := t.Settled(ctx, s)
	if err != nil {
		return c, err
	}
	crowd := rig.NewCrowd(s.Addr)
	defer crowd.Close()
	if err := crowd.Join(ctx, clients); err != nil {
		return c, err
	}
	held, err := t.Settled(ctx, s)
	if err != nil {
		return c, err
	}
	if held.Serving != int64(clients) {
		return c, fmt.Errorf("serves %d of %d clients", held.Serving, clients)
	}
	for range rounds {
		if err := crowd.Say(ctx, "^a$", d/rounds); err != nil {
			return c, err
		}
	}
	after, err := t.Settled(ctx, s)
	if err != nil {
		return c, err
	}
	n := int64(clients)
	c = perThread{rig.Unknown, rig.Unknown, float64(held.Threads-before.Threads) / float64(n), rig.Unknown}
	if held.Resident != rig.Unknown {
		c.memory = (held.Resident - before.Resident) / n
		c.space = (held.Virtual - before.Virtual) / n
		c.cpu = float64(after.CPU-held.CPU) / 1000 / float64(n*rounds)
	}
	return c, nil
}

// What the footnote is about: so many threads that wake up so many times a second.
const (
	claimedThreads = 10_000
	claimedSpace   = 80e9
	claimedWakes   = claimedThreads * 20
)

func threadVerdicts(t *Trial, goroutine, thread perThread) {
	if thread.space == rig.Unknown {
		t.Note("This system does not tell memory and processor time of a process, so three claims cannot be judged here.")
		return
	}
	space := float64(thread.space) * claimedThreads
	v := Verdict{
		Claim:    "10,000 threads occupy 80 GB of address space",
		Expected: "about 80 GB",
		Measured: fmt.Sprintf("%.0f GB", space/1e9),
		Holds:    space >= claimedSpace/2 && space <= claimedSpace*2,
	}
	if v.Holds {
		v.Why = "Address space is reserved, not used: of memory a client takes " + Memory("", thread.memory).String() + "."
	}
	t.Verdict(v)
	t.Verdict(Verdict{
		Claim:    "a thread takes more memory than a goroutine",
		Expected: "more than " + Memory("", goroutine.memory).String(),
		Measured: Memory("", thread.memory).String(),
		Holds:    thread.memory > goroutine.memory,
	})
	cores := (thread.cpu - goroutine.cpu) * claimedWakes
	v = Verdict{
		Claim:    "10,000 threads that wake up 20 times a second take a core or two more",
		Expected: "1 core more, or above",
		Measured: fmt.Sprintf("%.1f cores more", cores),
		Holds:    cores >= 1,
	}
	if v.Holds {
		v.Why = "That is, beyond what goroutines take for it, by the processor time for a message in the table. Where a client's goroutine has a thread of its own, that thread must be woken for it, and another put to sleep."
	}
	t.Verdict(v)
}
