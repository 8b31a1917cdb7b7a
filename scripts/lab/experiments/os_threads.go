package experiments

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var osThreads = Experiment{
	Name:   "os-threads",
	Claim:  "10,000 threads occupy 80 GB of address space, and one to two cores just to switch between them",
	Source: "Bendersky, Concurrent Servers, part 2, footnote",
	Shows: "Holds clients on part 2, with a goroutine for each and then with a thread for each, and has each client say " +
		"something now and then. Then it goes past the number of threads that the Go runtime allows.",
	Bars: []string{"memory per client"},
	Setup: func(fs *flag.FlagSet) Run {
		var p threadCost
		console.CountVar(fs, &p.clients, "clients", 2000, "the `number` of clients")
		console.DurationVar(fs, &p.d, "d", 2*time.Second, 100*time.Millisecond, time.Minute, "each client says something five times in this `time`, which is measured")
		fs.BoolVar(&p.limit, "limit", true, "go past the runtime's limit of 10,000 threads; -limit=false to leave that out")
		return p.run
	},
}

type threadCost struct {
	clients int
	d       time.Duration
	limit   bool
}

const (
	maxThreads    = 10_000 // what the Go runtime allows by default (runtime/debug.SetMaxThreads)
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

func (p *threadCost) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients > maxThreads*9/10 {
		return r, console.Usagef("-clients %d: want at most %d, the runtime's limit of threads is %d", p.clients, maxThreads*9/10, maxThreads)
	}
	if p.clients < fewestThreads {
		return r, console.Usagef("-clients %d: want at least %d, fewer cost too little to be measured", p.clients, fewestThreads)
	}
	t.Steps(2)
	if p.limit {
		t.Steps(3)
	}
	var costs []perThread
	for _, way := range []struct {
		name string
		args []string
	}{{"a goroutine each", []string{"-quiet"}}, {"a thread each", []string{"-quiet", "-os-threads"}}} {
		t.Step("%d clients, %s", p.clients, way.name)
		err := t.With(ctx, rig.Threaded, way.args, func(s *rig.Server) error {
			c, err := p.cost(ctx, s)
			if err != nil {
				return err
			}
			costs = append(costs, c)
			cpu := Time("CPU per message", time.Duration(c.cpu*float64(time.Second)))
			if c.cpu < 0 {
				cpu = Count("CPU per message", rig.Unknown)
			}
			r.Row(s.Label(way.name), Count("clients", int64(p.clients)), Figure{Name: "threads per client", Value: c.threads, Text: fmt.Sprintf("%.2f", c.threads)},
				Memory("memory per client", c.memory), Memory("address space per client", c.space), cpu)
			return nil
		})
		if err != nil {
			return r, err
		}
	}
	r.Verdicts = threadVerdicts(costs[0], costs[1])
	if len(r.Verdicts) == 0 {
		r.Note("This system does not tell memory and processor time of a process, so three claims cannot be judged here.")
	}
	if !p.limit {
		return r, nil
	}
	t.Step("past %d threads", maxThreads)
	err = pastTheLimit(ctx, t, &r)
	return r, err
}

// cost measures what each client costs s.
func (p *threadCost) cost(ctx context.Context, s *rig.Server) (c perThread, err error) {
	before, err := s.Settled(ctx)
	if err != nil {
		return c, err
	}
	crowd := rig.NewCrowd(s.Addr)
	defer crowd.Close()
	if err := crowd.Join(ctx, p.clients); err != nil {
		return c, err
	}
	if err := servesOrEnds(ctx, s, p.clients); err != nil {
		return c, err
	}
	held, err := s.Settled(ctx)
	if err != nil {
		return c, err
	}
	for range rounds {
		if err := crowd.Say(ctx, "^a$", p.d/rounds); err != nil {
			return c, err
		}
	}
	after, err := s.Settled(ctx)
	if err != nil {
		return c, err
	}
	n := int64(p.clients)
	c = perThread{rig.Unknown, rig.Unknown, (float64(held.Threads) - float64(before.Threads)) / float64(n), rig.Unknown}
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

// threadVerdicts judges by what a client costs with a goroutine, and with a thread. It returns none
// where the system does not tell that.
func threadVerdicts(goroutine, thread perThread) []Verdict {
	if thread.space == rig.Unknown {
		return nil
	}
	bytes := float64(thread.space) * claimedThreads
	space := Verdict{Claim: "10,000 threads occupy 80 GB of address space", Answer: answer(bytes >= claimedSpace/2 && bytes <= claimedSpace*2),
		Expected: "about 80 GB", Measured: fmt.Sprintf("%.0f GB", bytes/1e9)}
	if space.Answer == Holds {
		space.Why = "Address space is reserved, not used: of memory a client takes " + Memory("", thread.memory).String() + "."
	}
	memory := Verdict{Claim: "a thread takes more memory than a goroutine", Answer: answer(thread.memory > goroutine.memory),
		Expected: "more than " + Memory("", goroutine.memory).String(), Measured: Memory("", thread.memory).String()}
	more := (thread.cpu - goroutine.cpu) * claimedWakes
	cores := Verdict{Claim: "10,000 threads that wake up 20 times a second take a core or two more", Answer: answer(more >= 1),
		Expected: "1 core more, or above", Measured: fmt.Sprintf("%.1f cores more", more)}
	if cores.Answer == Holds {
		cores.Why = "That is, beyond what goroutines take for it, by the processor time for a message in the table. Where a client's goroutine has a thread of its own, that thread must be woken for it, and another put to sleep."
	}
	return []Verdict{space, memory, cores}
}
