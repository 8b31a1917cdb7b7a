package experiments

import (
	"context"
	"flag"
	"fmt"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var cpuBound = Experiment{
	Name:   "cpu-bound",
	Claim:  "a few dozen CPU-bound clients bring a server to its knees",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Over http, lets four clients request / again and again, which costs next to nothing; first alone, then beside " +
		"clients that request /spin again and again, which computes. Parts 3 and 4 run with as few workers or slots as a small " +
		"machine has processors, and with more than there are clients.",
	Bars: []string{"cheap answers"},
	Setup: func(fs *flag.FlagSet) Run {
		var p heavyLoad
		console.CountVar(fs, &p.heavy, "heavy", 24, "the `number` of clients that let the server compute")
		console.DurationVar(fs, &p.work, "work", 50*time.Millisecond, time.Millisecond, 10*time.Second, "what one request computes, as the `time` that a processor needs")
		console.DurationVar(fs, &p.d, "d", 1500*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes")
		return p.run
	},
}

type heavyLoad struct {
	heavy   int
	work, d time.Duration
}

const (
	cheapClients = 4
	largePool    = 64
	onItsKnees   = 0.1 // of the answers that there are without heavy clients
)

// A cheapLoad is what the cheap clients got, alone and beside heavy ones, in answers a second.
type cheapLoad struct{ alone, beside float64 }

func (p *heavyLoad) run(ctx context.Context, t *Trial) (r Result, err error) {
	type setup struct {
		part string
		n    int
	}
	setups := []setup{{rig.Sequential, 0}, {rig.Threaded, 0}, {rig.Pool, 2}, {rig.Pool, largePool}, {rig.BoundedAccept, 2}, {rig.BoundedAccept, largePool}}
	t.Steps(2 * len(setups))
	cheap := make(map[setup]cheapLoad)
	for _, setup := range setups {
		args, suffix := []string{"-protocol", "http", "-quiet"}, ""
		if setup.n > 0 {
			args, suffix = append(args, rig.N(setup.n)), fmt.Sprint(" -n ", setup.n)
		}
		var got cheapLoad
		for _, heavy := range []int{0, p.heavy} {
			t.Step("%s%s with %s", setup.part, suffix, several(heavy, "heavy client"))
			err := t.With(ctx, setup.part, args, func(s *rig.Server) error {
				answers, spun, err := p.press(ctx, s, heavy)
				if err != nil {
					return err
				}
				name := s.Name + suffix
				figures := []Figure{Rate("cheap answers", answers.Rate()), Within("half answered within", answers, .5),
					Within("all answered within", answers, 1)}
				if got.beside = answers.Rate(); heavy == 0 {
					got.alone = answers.Rate()
				} else {
					name += fmt.Sprint(" + ", heavy)
					figures = append(figures, Rate("heavy answers", spun))
				}
				r.Row(name, figures...)
				return nil
			})
			if err != nil {
				return r, err
			}
		}
		cheap[setup] = got
	}
	small, large := cheap[setups[2]], cheap[setups[3]]
	r.Verdicts = kneesVerdicts(p.heavy, cheap[setups[1]], small)
	if small.beside < large.beside && large.beside < large.alone*onItsKnees {
		r.Note("Bounding how many compute at once does not help the cheap clients here: with %d workers they wait in no queue, but share the processors; with 2 they wait behind the heavy ones, and get even less (%s against %s). What would help is a queue of their own.",
			largePool, PerSecond.Format(small.beside), PerSecond.Format(large.beside))
	}
	return r, nil
}

// press returns what cheap clients get, and how many answers a second the heavy ones beside them.
func (p *heavyLoad) press(ctx context.Context, s *rig.Server, heavy int) (cheap *rig.Load, spun float64, err error) {
	var heavies *rig.Load
	done := make(chan struct{})
	go func() {
		defer close(done)
		heavies = rig.Press(ctx, client.Dial(s.Addr), fmt.Sprintf("/spin?d=%v", p.work), heavy, p.work+p.d)
	}()
	client.Sleep(ctx, p.work) // then all of them are there
	cheap = rig.Press(ctx, client.Dial(s.Addr), "/", cheapClients, p.d)
	<-done
	return cheap, heavies.Rate(), nil
}

// kneesVerdicts judges by what the cheap clients got where each client has a goroutine, and from the
// small pool.
func kneesVerdicts(heavy int, threaded, small cheapLoad) []Verdict {
	rate := PerSecond.Format
	return []Verdict{{Claim: fmt.Sprintf("%s starve the cheap ones where each has a goroutine", several(heavy, "CPU-bound client")), Answer: answer(threaded.beside < threaded.alone*onItsKnees),
		Expected: fmt.Sprintf("less than %s, a tenth of what they get alone", rate(threaded.alone*onItsKnees)), Measured: rate(threaded.beside)}, {
		Claim:    "a pool of two does not let them starve",
		Expected: fmt.Sprintf("at least %s, a tenth of what they get alone", rate(small.alone*onItsKnees)),
		Measured: rate(small.beside),
		Answer:   answer(small.beside >= small.alone*onItsKnees),
	}}
}
