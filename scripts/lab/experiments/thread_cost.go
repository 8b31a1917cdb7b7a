package experiments

import (
	"context"
	"errors"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
)

// A costOnce is what each client cost a server in one round.
type costOnce struct {
	served                  int     // clients
	whole                   bool    // whether all were served, and all messages answered
	resident, kernel, space int64   // bytes, or [rig.Unknown]
	threads                 float64 // a client, or [rig.Unknown]
	cpu                     float64 // seconds for a message, or [rig.Unknown]
}

// memory returns what the process and the kernel use, or [rig.Unknown].
func (c costOnce) memory() int64 {
	if c.resident == rig.Unknown || c.kernel == rig.Unknown {
		return rig.Unknown
	}
	return c.resident + c.kernel
}

// A cost is what each client cost a server, in each round.
type cost struct {
	memory, kernel Sample
	whole          []bool
}

// and adds a round.
func (c cost) and(once costOnce) cost {
	return cost{append(c.memory, float64(once.memory())), append(c.kernel, float64(once.kernel)), append(c.whole, once.whole)}
}

// measure measures what each client costs one server. A server that does not serve them all has no cost.
func (p *threadCost) measure(ctx context.Context, t *Trial, arm threadArm, found *threadsFound, r *Result) error {
	var got costOnce
	label := arm.name
	err := t.With(ctx, arm.server, arm.args, func(s *rig.Server) (err error) {
		label = s.Label(arm.name)
		got, err = p.cost(ctx, s)
		return err
	})
	if err != nil && !errors.Is(err, rig.ErrEnded) {
		return err
	}
	found.costs[arm.name] = found.costs[arm.name].and(got)
	figures := []Figure{Count("served", int64(got.served))}
	if got.whole {
		figures = append(figures, Figure{Name: "threads each", Value: got.threads}, Memory("resident", got.resident), Memory("in the kernel", got.kernel),
			Memory("both", got.memory()), Memory("address space", got.space), seconds("CPU per message", got.cpu))
	}
	r.Row(label, figures...)
	return nil
}

// cost measures what each client costs s.
func (p *threadCost) cost(ctx context.Context, s *rig.Server) (c costOnce, err error) {
	before, err := s.Read(ctx)
	if err != nil {
		return c, err
	}
	kernel := settledKernel(ctx)
	crowd := rig.NewCrowd(s.Addr)
	defer crowd.Close()
	if err := crowd.Join(ctx, p.clients); err != nil && !errors.Is(err, rig.ErrFull) {
		return c, err
	}
	c.served, err = reaches(ctx, s, crowd.Greeted, p.clients)
	if err != nil || c.served < p.clients {
		return c, err
	}
	held, err := s.Read(ctx)
	if err != nil {
		return c, err
	}
	n := int64(p.clients)
	if c.threads = rig.Unknown; held.Threads != 0 {
		c.threads = (float64(held.Threads) - float64(before.Threads)) / float64(n)
	}
	c.resident = perClient(before.Resident, held.Resident, n)
	c.space = perClient(before.Virtual, held.Virtual, n)
	c.kernel = perClient(kernel, rig.KernelMemory(), n)
	for range speeches {
		if err := crowd.Say(ctx, "^a$", p.d/speeches); err != nil {
			return c, ctx.Err() // without an interrupt, the server has hung up on a client that it had greeted
		}
	}
	said := p.clients * (1 + speeches) // a greeting, and a byte for each message
	heard, err := reaches(ctx, s, crowd.Heard, said)
	if err != nil {
		return c, err
	}
	after, err := s.Read(ctx)
	if c.cpu = rig.Unknown; after.CPU != rig.Unknown {
		c.cpu = float64(after.CPU-held.CPU) / 1000 / float64(n*speeches)
	}
	c.whole = heard == said
	return c, err
}

// settledKernel returns what the kernel uses when it no longer gives back much. It frees what ended threads used only
// a moment after their end, and that would hide what the next clients take.
func settledKernel(ctx context.Context) int64 {
	const much, look, looks = 64 << 10, 50 * time.Millisecond, 40
	last := rig.KernelMemory()
	for range looks {
		select {
		case <-ctx.Done():
			return last
		case <-time.After(look):
		}
		now := rig.KernelMemory()
		if last-now < much {
			return now
		}
		last = now
	}
	return last
}

// perClient returns by how many bytes a figure has grown for each client, if the system tells it.
func perClient(before, after, clients int64) int64 {
	if before == rig.Unknown || after == rig.Unknown {
		return rig.Unknown
	}
	return (after - before) / clients
}

// servePatience is how long a server may serve nobody else before it is taken to be stuck.
const servePatience = 3 * time.Second

// reaches waits until a count of what s does reaches want, has not grown for a while, or s ends. It returns the count.
func reaches(ctx context.Context, s *rig.Server, count func() int, want int) (int, error) {
	last, since := count(), time.Now()
	for last < want && time.Since(since) < servePatience {
		select {
		case <-s.Exited():
			return last, nil
		default:
		}
		if err := client.Sleep(ctx, 10*time.Millisecond); err != nil {
			return last, err
		}
		if now := count(); now != last {
			last, since = now, time.Now()
		}
	}
	return last, nil
}
