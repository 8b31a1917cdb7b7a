package experiments

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
)

func init() {
	add(Experiment{
		Name:   "cpu-bound",
		Place:  70,
		Claim:  "a few dozen CPU-bound clients bring a server to its knees",
		Source: "Bendersky, Concurrent Servers, part 2",
		Shows: "Over http, lets four clients request / again and again, which costs next to nothing; first alone, then beside " +
			"clients that request /spin again and again, which computes. Parts 3 and 4 run with as few workers or slots as a small " +
			"machine has processors, and with more than there are clients.",
		Bars: []string{"cheap answers"},
		Setup: func(fs *flag.FlagSet) Run {
			heavy := count(fs, "heavy", 24, "the `number` of clients that let the server compute")
			work := duration(fs, "work", 50*time.Millisecond, time.Millisecond, 10*time.Second, "what one request computes, as the `time` that a processor needs")
			d := duration(fs, "d", 1500*time.Millisecond, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes")
			return func(ctx context.Context, t *Trial) error { return cpuBound(ctx, t, *heavy, *work, *d) }
		},
	})
}

const (
	cheapClients = 4
	largePool    = 64
	onItsKnees   = 0.1 // of the answers that there are without heavy clients
)

// A cheapLoad is what the cheap clients got, alone and beside heavy ones.
type cheapLoad struct{ alone, beside float64 } // answers a second

func cpuBound(ctx context.Context, t *Trial, heavy int, work, d time.Duration) error {
	type setup struct {
		part string
		n    int
	}
	setups := []setup{{rig.Sequential, 0}, {rig.Threaded, 0}, {rig.Pool, 2}, {rig.Pool, largePool}, {rig.BoundedAccept, 2}, {rig.BoundedAccept, largePool}}
	t.Steps(2 * len(setups))
	cheap := make(map[setup]cheapLoad)
	for _, setup := range setups {
		args, name := []string{"-protocol", "http", "-quiet"}, setup.part
		if setup.n > 0 {
			n := strconv.Itoa(setup.n)
			args, name = append(args, "-n", n), name+" -n "+n
		}
		var got cheapLoad
		for _, clients := range []int{0, heavy} {
			t.Step("%s with %s", name, several(clients, "heavy client"))
			err := t.Servers.With(ctx, setup.part, args, func(s *rig.Server) error {
				answers, spun, err := besideHeavy(ctx, s, clients, work, d)
				if err != nil {
					return err
				}
				got.beside = answers.Rate()
				figures := []Figure{Rate("cheap answers", answers.Rate()), Within("half answered within", answers, .5),
					Within("all answered within", answers, 1)}
				if clients == 0 {
					got.alone = answers.Rate()
					t.Row(name, figures...)
					return nil
				}
				t.Row(fmt.Sprintf("%s + %d", name, clients), append(figures, Rate("heavy answers", spun))...)
				return nil
			})
			if err != nil {
				return err
			}
		}
		cheap[setup] = got
	}
	kneesVerdicts(t, heavy, cheap[setup{rig.Threaded, 0}], cheap[setup{rig.Pool, 2}], cheap[setup{rig.Pool, largePool}])
	return nil
}

// besideHeavy is what cheap clients get, and how many answers a second the heavy ones beside them.
func besideHeavy(ctx context.Context, s *rig.Server, heavy int, work, d time.Duration) (*rig.Load, float64, error) {
	if err := rig.Get(ctx, s.Addr, "/spin?d=1ms", 10*time.Second); err != nil { // now it knows how fast the processor is
		return nil, 0, err
	}
	var spun *rig.Load
	done := make(chan struct{})
	go func() {
		defer close(done)
		spun = rig.Press(ctx, s.Addr, fmt.Sprintf("/spin?d=%v", work), heavy, work+d)
	}()
	rig.Sleep(ctx, work) // then all of them are there
	cheap := rig.Press(ctx, s.Addr, "/", cheapClients, d)
	<-done
	if cheap.Why != nil {
		return nil, 0, cheap.Why
	}
	return cheap, spun.Rate(), spun.Why
}

func kneesVerdicts(t *Trial, heavy int, threaded, small, large cheapLoad) {
	rate := PerSecond.Format
	for _, claim := range []struct {
		text  string
		got   cheapLoad
		knees bool
	}{
		{fmt.Sprintf("%s starve the cheap ones where each has a goroutine", several(heavy, "CPU-bound client")), threaded, true},
		{"a pool of two does not let them starve", small, false},
	} {
		v := Verdict{
			Claim:    claim.text,
			Expected: fmt.Sprintf("less than %s, a tenth of what they get alone", rate(claim.got.alone*onItsKnees)),
			Measured: rate(claim.got.beside),
			Holds:    claim.got.beside < claim.got.alone*onItsKnees == claim.knees,
		}
		if !claim.knees {
			v.Expected = fmt.Sprintf("at least %s, a tenth of what they get alone", rate(claim.got.alone*onItsKnees))
		}
		t.Verdict(v)
	}
	if small.beside < large.beside && large.beside < large.alone*onItsKnees {
		t.Note("Bounding how many compute at once does not help the cheap clients here: with %d workers they wait in no queue, but share the processors; with 2 they wait behind the heavy ones, and get even less (%s against %s). What would help is a queue of their own.",
			largePool, rate(small.beside), rate(large.beside))
	}
}
