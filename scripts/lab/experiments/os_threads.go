package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
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
			d := duration(fs, "d", 2*time.Second, 100*time.Millisecond, "each client says something five times in this `time`, which is measured")
			limit := fs.Bool("limit", true, "go past the runtime's limit of 10,000 threads; -limit=false to leave that out")
			return func(ctx context.Context, t *Trial) error { return osThreads(ctx, t, *clients, *d, *limit) }
		},
	})
}

// maxThreads is what the Go runtime allows unless told otherwise (runtime/debug.SetMaxThreads).
const maxThreads = 10_000

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
	if err := enoughDescriptors(clients); err != nil {
		return err
	}
	t.Steps(3)
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
	switchingVerdict(t, costs[0], costs[1])
	t.Step("past %d threads", maxThreads)
	if !limit {
		return nil
	}
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

// Of the footnote: 80 GB for 10,000 threads, and one to two cores for 10,000 threads that wake up 20 times a second.
const (
	claimedSpace = 8 << 20
	claimedWake  = 1.0 / (maxThreads * 20)
)

func switchingVerdict(t *Trial, goroutine, thread perThread) {
	if thread.space == rig.Unknown {
		t.Note("This system does not tell memory and processor time of a process, so two claims cannot be judged here.")
		return
	}
	v := Verdict{
		Claim:    "a thread occupies 8 MiB of address space",
		Expected: "8 MiB for each",
		Measured: Memory("", thread.space).String() + " for each",
		Holds:    thread.space >= claimedSpace/2 && thread.space <= claimedSpace*2,
	}
	if thread.space < claimedSpace/2 {
		v.Why = "A Go program without C makes its own threads, with small stacks; the 8 MiB are what the C library reserves for each."
	}
	if v.Holds {
		v.Why = "That is what the C library reserves for a thread's stack (ulimit -s). Reserved is not used: see the memory per client."
	}
	t.Verdict(v)
	t.Verdict(Verdict{
		Claim:    "a thread takes more memory than a goroutine",
		Expected: "more than " + Memory("", goroutine.memory).String(),
		Measured: Memory("", thread.memory).String(),
		Holds:    thread.memory > goroutine.memory,
	})
	v = Verdict{
		Claim:    "to wake a thread takes a processor 5 to 10 µs",
		Expected: wake(claimedWake) + " or more beyond a goroutine's",
		Measured: wake(thread.cpu-goroutine.cpu) + " beyond " + wake(goroutine.cpu),
		Holds:    thread.cpu-goroutine.cpu >= claimedWake,
	}
	if v.Holds {
		v.Why = "When a client speaks, the runtime must wake the thread that owns its goroutine, and put another to sleep. A goroutine without a thread of its own runs on one that is awake."
	}
	t.Verdict(v)
}

func wake(seconds float64) string {
	return console.Duration(time.Duration(seconds * float64(time.Second)))
}

func pastTheLimit(ctx context.Context, t *Trial) error {
	const clients = maxThreads + 100
	if err := enoughDescriptors(clients); err != nil {
		t.Note("Going past %d threads takes as many connections, which this machine does not allow a process (ulimit -n).", maxThreads)
		return nil
	}
	end := ""
	err := t.Servers.With(ctx, rig.Threaded, []string{"-quiet", "-os-threads"}, func(s *rig.Server) error {
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		crowd.Join(ctx, clients) // an error is what is to be expected
		select {
		case <-s.Exited():
			end = lastWords(s.Log())
			return errEnded
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnded) {
		return err
	}
	v := Verdict{
		Claim:    "the Go runtime ends a program with more than 10,000 threads",
		Expected: "it ends",
		Measured: "it ended",
		Holds:    strings.Contains(end, "fatal error: "),
	}
	if end == "" {
		v.Measured = fmt.Sprintf("it runs on with %d clients", clients)
	} else {
		t.Note("The last words of the server with more than %d threads: %s.", maxThreads, end)
	}
	if v.Holds {
		v.Why = "The runtime takes that many threads for a mistake, of the kind that would fill the machine, and no recover can stop it (runtime/debug.SetMaxThreads sets the limit)."
	}
	t.Verdict(v)
	return nil
}

// errEnded says that the server has ended, as it should.
var errEnded = errors.New("ended")

// lastWords is how the Go runtime says why it ends the program.
func lastWords(log string) string {
	var words []string
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "runtime: ") || strings.HasPrefix(line, "fatal error: ") {
			words = append(words, strings.TrimSpace(line))
		}
	}
	return strings.Join(words, "; ")
}
