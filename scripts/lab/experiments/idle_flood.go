package experiments

import (
	"context"
	"errors"
	"flag"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

var idleFlood = Experiment{
	Name:   "idle-flood",
	Claim:  "a few 100,000s of idle clients kill a server with a thread for each, and not one with a pool",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Has more and more clients connect and say nothing, and reads what each server has and uses, and what the kernel uses for them. " +
		"Then one honest client asks each server to be served. The server with a thread for each is in C, or else part 2 with -os-threads. " +
		"So many clients as the text speaks of need more open files than most systems allow a process.",
	Curves: []Curve{{X: "clients", Y: "memory"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p flood
		console.CountVar(fs, &p.clients, "clients", 4000, "the `number` of idle clients in the end; at most 2000 with -q, and as many as ulimit -n allows")
		console.DurationVar(fs, &p.patience, "patience", 500*time.Millisecond, 10*time.Millisecond, time.Minute, "how much `time` the honest client has")
		return p.run
	},
}

type flood struct {
	clients  int
	patience time.Duration
}

const (
	floodWaves = 2 // in which the clients of a flood come
	fewestIdle = 20

	// A server that could have served the honest client in its time, and has not, gets this many times as much time. A
	// machine that is busy is not a server that is dead.
	secondChance = 10
)

// A flooded is what became of a server with idle clients, in each round.
type flooded struct {
	served []bool // whether it served one more client, the honest one
	memory Sample // bytes for each idle client that it held, with those in the kernel; [rig.Unknown] if the system does not tell
	last   string // what the honest client got in the last round
}

func (f flooded) and(served bool, memory int64, last string) flooded {
	return flooded{append(f.served, served), append(f.memory, float64(memory)), last}
}

// A floodArm is one server that is flooded.
type floodArm struct {
	name, server string
	args         []string
	judged       bool // whether it is claimed that the flood kills it
}

func (p *flood) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients < fewestIdle {
		return r, console.Usagef("-clients %d: want at least %d, or it is no flood", p.clients, fewestIdle)
	}
	if t.Quick {
		p.clients = min(p.clients, 2000)
	}
	p.clients = affordable(p.clients, &r)
	t.Rounds = min(t.Rounds, fewestRounds) // a round takes long, and counts differ little
	arms, err := p.arms(ctx, t, &r)
	if err != nil {
		return r, err
	}
	got := make(map[string]flooded)
	round := func() error {
		for _, arm := range arms {
			t.Step("%d idle clients connect to %s", p.clients, arm.name)
			if got[arm.name], err = p.flood(ctx, t, arm, got[arm.name], &r); err != nil {
				return err
			}
		}
		return nil
	}
	threads := arms[len(arms)-1].name
	r.Verdicts, err = t.Repeat(ctx, len(arms), round, func() []Verdict {
		return p.verdicts(got[threads], got[rig.Threaded], got[rig.Pool])
	})
	if err == nil {
		r.Verdicts = append(r.Verdicts, scaleVerdict(p.clients, r.Verdicts[0], got[threads]))
	}
	return r, err
}

// affordable returns so many clients, or as many as this process may hold, with a note.
func affordable(clients int, r *Result) int {
	most := rig.MostClients()
	if clients <= most {
		return clients
	}
	r.Note("%d clients are more than a process may hold here: ulimit -n allows for %d.", clients, most)
	return most
}

// arms returns the servers to flood, and last the one with a thread for each client.
func (p *flood) arms(ctx context.Context, t *Trial, r *Result) (arms []floodArm, err error) {
	for _, part := range rig.Parts {
		arms = append(arms, floodArm{part, part, []string{"-quiet"}, part == rig.Threaded})
	}
	inC, err := t.able(ctx, r, rig.CThreads, "It would show what idle clients do to threads of C; part 2 has a thread for each client instead.")
	if inC {
		return append(arms, floodArm{"C, a thread each", rig.CThreads, nil, true}), err
	}
	return append(arms, floodArm{"part2, a thread each", rig.Threaded, []string{"-quiet", "-os-threads"}, true}), err
}

// flood lets idle clients come to a server in waves, and then an honest one. It adds a row for each wave. That the
// server ends, or does not answer any more, is a result.
func (p *flood) flood(ctx context.Context, t *Trial, arm floodArm, got flooded, r *Result) (flooded, error) {
	memory, name := int64(rig.Unknown), arm.name
	var honest rig.Visit
	err := t.With(ctx, arm.server, arm.args, func(s *rig.Server) error {
		if name = s.Label(arm.name); arm.name == s.Part {
			name = s.Name
		}
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		each, err := p.waves(ctx, s, crowd, name, r)
		if err != nil {
			return err
		}
		memory = each
		honest = rig.Visitor(ctx, s.Addr, p.patience)
		if arm.judged && errors.Is(honest.Reason, rig.ErrNoGreeting) {
			honest = rig.Visitor(ctx, s.Addr, p.patience*secondChance)
		}
		return nil
	})
	last := outcome(honest)
	switch {
	case errors.Is(err, rig.ErrEnded):
		honest.Greeted, last = false, "the server ended"
	case err != nil:
		return got, err
	}
	figure := Time("honest client", honest.Known)
	if !honest.Greeted {
		figure = figure.As("not served")
	}
	r.Row(name, Given("clients", float64(p.clients), Things), figure)
	return got.and(honest.Greeted, memory, last), nil
}

// waves lets the idle clients come, and returns the memory for each of them.
func (p *flood) waves(ctx context.Context, s *rig.Server, crowd *rig.Crowd, name string, r *Result) (each int64, err error) {
	var first rig.Meters
	var kernel int64
	each = rig.Unknown
	for wave := range floodWaves + 1 {
		clients := p.clients * wave / floodWaves
		joinErr := crowd.Join(ctx, clients-crowd.Held())
		if lacking(joinErr) {
			return each, joinErr
		}
		read := s.Settled
		if wave == 0 {
			read = s.Read
		}
		m, err := read(ctx)
		if err != nil {
			return each, ctx.Err() // it does not answer any more, so the honest client decides
		}
		if wave == 0 {
			first, kernel = m, rig.KernelMemory()
		}
		held, inKernel := int64(crowd.Held()), perClient(kernel, rig.KernelMemory(), 1)
		if held > 0 && kernel != rig.Unknown {
			each = (m.Resident - first.Resident + inKernel) / held
		}
		if s.Debug == "" {
			m.Goroutines = rig.Unknown
		}
		r.Row(name, Given("clients", float64(clients), Things), Count("connected", held), Memory("memory", m.Resident),
			Memory("in the kernel", inKernel), Count("open files", m.Descriptors),
			Count("goroutines", int64(m.Goroutines)), Count("in the backlog", m.Backlog))
		if joinErr != nil {
			break // the server keeps the others out
		}
	}
	return each, nil
}

// lacking reports whether err says that the lab itself, or this machine, cannot have more connections.
func lacking(err error) bool {
	return errors.Is(err, rig.ErrTooMany) || console.Exhausted(err)
}
