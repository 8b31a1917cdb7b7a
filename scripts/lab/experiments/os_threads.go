package experiments

import (
	"context"
	"errors"
	"flag"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var osThreads = Experiment{
	Name:   "os-threads",
	Claim:  "10,000 threads occupy 80 GB of address space, and one to two cores just to switch between them",
	Source: "Bendersky, Concurrent Servers, part 2, footnote",
	Shows: "Starts threads in C that sleep 50 ms in a loop, as the footnote does. Then it holds clients on part 2 with a goroutine for each, " +
		"on part 2 with a goroutine on a thread of its own for each, on a server in C with a thread for each, and on two event loops, with callbacks " +
		"in Node and with a coroutine for each in Python. The goroutine on a thread is not what C has: it waits in Go's netpoller, which must wake " +
		"its thread, so a message costs more than in C. " +
		"Without -q it also goes past the number of threads that the Go runtime allows.",
	Bars: []string{"resident", "in the kernel"},
	Setup: func(fs *flag.FlagSet) Run {
		var p threadCost
		console.CountVar(fs, &p.clients, "clients", 2000, "the `number` of clients; at most 1000 with -q")
		console.CountVar(fs, &p.threads, "threads", claimedThreads, "the `number` of threads that sleep; at most 2000 with -q")
		console.DurationVar(fs, &p.d, "d", 500*time.Millisecond, 100*time.Millisecond, time.Minute, "each client says something twice in this `time`, and threads sleep for it")
		fs.BoolVar(&p.limit, "limit", true, "go past the runtime's limit of 10,000 threads; -limit=false to leave that out")
		return p.run
	},
}

type threadCost struct {
	clients, threads int
	d                time.Duration
	limit            bool
}

const (
	maxThreads    = 10_000 // what the Go runtime allows by default (runtime/debug.SetMaxThreads)
	fewestThreads = 500
)

// speeches is how often each client speaks. Processor time is told in hundredths of a second.
const speeches = 2

// The ways to serve a client, by the subjects of their rows.
const (
	goroutineEach = "a goroutine each"
	lockedEach    = "a goroutine on a thread each"
	threadEach    = "a thread each, in C"
	callbacks     = "an event loop, in Node"
	coroutineEach = "a coroutine each, in Python"
	asleep        = "sleeping threads, in C"
)

// A threadArm is one way to serve clients.
type threadArm struct {
	name, server string
	args         []string
}

func (p *threadCost) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients > maxThreads*9/10 {
		return r, console.Usagef("-clients %d: want at most %d, the runtime's limit of threads is %d", p.clients, maxThreads*9/10, maxThreads)
	}
	if p.clients < fewestThreads {
		return r, console.Usagef("-clients %d: want at least %d, fewer cost too little to be measured", p.clients, fewestThreads)
	}
	if t.Quick {
		p.clients, p.threads = min(p.clients, 1000), min(p.threads, 2000)
	}
	p.clients = affordable(p.clients, &r)
	var past []Verdict
	if p.limit && !t.Quick {
		t.Steps(1)
		t.Step("past %d threads", maxThreads)
		if past, err = pastTheLimit(ctx, t, &r); err != nil {
			return r, err
		}
	}
	arms := []threadArm{{goroutineEach, rig.Threaded, []string{"-quiet"}}, {lockedEach, rig.Threaded, []string{"-quiet", "-os-threads"}}}
	steps := len(arms)
	inC, err := t.able(ctx, &r, rig.CThreads, "It would show what the threads of the text cost, which are C's.")
	if err != nil {
		return r, err
	}
	for _, program := range []string{rig.Threaded, rig.CSpammer} { // building them is no part of a round
		if _, err := t.Command(ctx, program); err != nil && !errors.Is(err, rig.ErrNoTool) {
			return r, err
		}
	}
	if inC {
		arms = append(arms, threadArm{threadEach, rig.CThreads, nil})
		steps += 2
	}
	for _, loop := range []threadArm{{callbacks, rig.NodeLoop, nil}, {coroutineEach, rig.PythonAsyncio, nil}} {
		able, err := t.able(ctx, &r, loop.server, "It would show what a client costs an event loop in that language.")
		if err != nil {
			return r, err
		}
		if able {
			arms = append(arms, loop)
			steps++
		}
	}
	found := threadsFound{costs: make(map[string]cost)}
	round := func() error {
		if inC {
			if err := p.sleep(ctx, t, &found, &r); err != nil {
				return err
			}
		}
		for _, arm := range arms {
			t.Step("%d clients, %s", p.clients, arm.name)
			if err := p.measure(ctx, t, arm, &found, &r); err != nil {
				return err
			}
		}
		return nil
	}
	verdicts, err := t.Repeat(ctx, steps, round, func() []Verdict { return found.verdicts() })
	if rig.KernelMemory() == rig.Unknown {
		r.Note("This system does not tell memory and processor time of a process, so some claims cannot be judged here.")
	}
	r.Verdicts = append(verdicts, past...)
	return r, err
}

// sleep measures threads that sleep 50 ms in a loop.
func (p *threadCost) sleep(ctx context.Context, t *Trial, found *threadsFound, r *Result) error {
	t.Step("%d threads sleep 50 ms in a loop", p.threads)
	spam, err := t.Spam(ctx, p.threads, p.d)
	if err != nil {
		return err
	}
	found.add(spam, p.d)
	n := int64(max(spam.Threads, 1))
	r.Row(asleep, Count("threads", n), Memory("address space", perClient(0, spam.Space, n)),
		seconds("CPU per wake", spam.CPU/float64(max(spam.Wakes, 1))), Rate("wakes", float64(spam.Wakes)/spam.Lasted))
	return nil
}

// seconds is [Time] for a time that may be unknown.
func seconds(name string, s float64) Figure { return Figure{Name: name, Value: s, Unit: Seconds} }
