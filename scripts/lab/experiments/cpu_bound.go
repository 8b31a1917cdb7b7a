package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var cpuBound = Experiment{
	Name:   "cpu-bound",
	Claim:  "a few dozen CPU-bound clients bring a server to its knees",
	Source: "Bendersky, Concurrent Servers, part 2",
	Shows: "Over http, lets cheap clients come at a steady rate, whether or not those before them have been answered. Each " +
		"requests /, which costs next to nothing. Beside them a growing number of heavy clients requests /spin again and again, " +
		"which computes. A server is on its knees when it answers fewer than half of the cheap clients within ten times as long " +
		"as it took without heavy ones. That is their goodput.",
	Curves: []Curve{{X: "heavy", Y: "half answered within", Title: "the latency of cheap clients beside heavy ones", LogY: true}},
	Setup: func(fs *flag.FlagSet) Run {
		var p heavyLoad
		console.CountVar(fs, &p.heavy, "heavy", 24, "the largest `number` of clients that let the server compute")
		console.DurationVar(fs, &p.work, "work", 20*time.Millisecond, time.Millisecond, 10*time.Second, "what one request computes, as the `time` that a processor needs")
		console.DurationVar(fs, &p.d, "d", 120*time.Millisecond, 50*time.Millisecond, time.Minute, "for how much `time` cheap clients come, in each measurement")
		return p.run
	},
}

type heavyLoad struct {
	heavy   int
	work, d time.Duration

	calm map[sharedServer][]bool // whether each server was calm without heavy clients, whenever it was tried
}

const (
	cheapRate  = 200.0                 // cheap clients per second
	muchLonger = 10                    // times as long as without heavy clients
	calm       = 10 * time.Millisecond // is more than it takes without them
)

// A shared server is one that cheap clients share with heavy ones.
type sharedServer struct {
	part    string
	workers int // of a pool
}

var (
	eachItsOwn    = sharedServer{rig.Threaded, 0}
	fewWorkers    = sharedServer{rig.Pool, 2}
	manyWorkers   = sharedServer{rig.Pool, 64}
	sharedServers = []sharedServer{eachItsOwn, fewWorkers, manyWorkers}
)

func (s sharedServer) called(name string) string {
	if s.workers > 0 {
		name += fmt.Sprint(" -n ", s.workers)
	}
	return name
}

// heavies returns the numbers of heavy clients, which grow up to the largest.
func (p *heavyLoad) heavies(quick bool) (numbers []int) {
	for _, n := range []int{0, 1, 2, 3, 6, 12, 24, 48, 96, 192} {
		if n < p.heavy && !(quick && (n == 1 || n == 2)) {
			numbers = append(numbers, n)
		}
	}
	return append(numbers, p.heavy)
}

// A sharing is how cheap clients fared beside heavy ones, in each round.
type sharing struct {
	knees   Sample // the fewest heavy clients that bring the server to its knees; more than were tried if they do not
	goodput Sample // beside most heavy clients
	ended   int    // in how many rounds the server ended by itself
}

func (p *heavyLoad) run(ctx context.Context, t *Trial) (r Result, err error) {
	numbers := p.heavies(t.Quick)
	seen := make(map[sharedServer]sharing)
	p.calm = make(map[sharedServer][]bool)
	round := func() error {
		var got []*besides
		for _, server := range sharedServers {
			b, err := p.sweep(ctx, t, server, numbers)
			if err != nil {
				return err
			}
			got = append(got, b)
		}
		if p.slowMachine() {
			return flaw("servers were slow without heavy clients, and none was calm all the time")
		}
		for i, server := range sharedServers {
			got[i].show(&r)
			seen[server] = seen[server].and(got[i])
		}
		return nil
	}
	steps := len(sharedServers) * len(numbers)
	r.Verdicts, err = t.Repeat(ctx, steps, round, func() []Verdict { return p.verdicts(seen, runtime.GOMAXPROCS(0)) })
	if few := seen[fewWorkers]; few.goodput.Within(0, .5) == Holds {
		r.Note("A bound on how many compute at once does not help the cheap clients: they wait in one queue with the heavy ones. A queue of their own would help.")
	}
	t.noteFlaws(&r)
	return r, err
}

// besides are the cheap clients of a server beside growing numbers of heavy ones, in one round.
type besides struct {
	name    string
	numbers []int
	loads   []*rig.Load
	ended   bool
}

// sweep measures a server beside growing numbers of heavy clients. Nothing is left over from one measurement that the
// next would not have by itself, because the heavy clients stay.
func (p *heavyLoad) sweep(ctx context.Context, t *Trial, server sharedServer, numbers []int) (*besides, error) {
	args := []string{"-protocol", "http", "-quiet"}
	if server.workers > 0 {
		args = append(args, rig.N(server.workers))
	}
	b := &besides{numbers: numbers}
	err := t.With(ctx, server.part, args, func(s *rig.Server) error {
		b.name = server.called(s.Name)
		pressing, stop := context.WithCancel(ctx)
		var heavy sync.WaitGroup
		defer heavy.Wait()
		defer stop()
		dial, there := client.Dial(s.Addr), 0
		for _, number := range numbers {
			t.Step("%s with %s", server.called(server.part), several(number, "heavy client"))
			come := number - there
			there = number
			heavy.Go(func() { rig.Press(pressing, dial, spin(p.work), come, time.Hour) })
			client.Sleep(ctx, p.work/2) // then all of them are there, and none has been answered
			patience := p.d + time.Duration(number)*p.work
			l := rig.Arrive(ctx, rig.Once(dial, "/", time.Minute), patience, rig.Pace{Rate: cheapRate, For: p.d})
			b.loads = append(b.loads, l)
			if err := loadFlaw(s.Name, l, 200*time.Millisecond); err != nil {
				return err
			}
			if number > 0 {
				continue
			}
			d, _ := l.Quantile(.5)
			p.calm[server] = append(p.calm[server], d <= calm)
			if d > calm && !alwaysSlow(p.calm[server]) {
				return flaw(fmt.Sprintf("without heavy clients, half of the cheap ones of %s waited for more than %v", s.Name, calm))
			}
		}
		return nil
	})
	if b.ended = errors.Is(err, rig.ErrEnded); b.ended && len(b.loads) == len(numbers) {
		err = nil
	}
	return b, err
}

// alwaysSlow reports whether a server was slow without heavy clients each time, and more than once.
func alwaysSlow(calm []bool) bool { return len(calm) > 1 && !slices.Contains(calm, true) }

// slowMachine reports whether it may be the machine that makes servers slow without heavy clients. It is a server that
// is slow if it always is, and another one never.
func (p *heavyLoad) slowMachine() bool {
	slow, calm := false, false
	for _, was := range p.calm {
		slow = slow || alwaysSlow(was)
		calm = calm || !slices.Contains(was, false)
	}
	return slow && !calm
}

// goodput returns the share of the cheap clients beside the i-th number of heavy ones that was answered within ten
// times as long as it took without heavy ones.
func (b *besides) goodput(i int) float64 {
	alone, _ := b.loads[0].Quantile(.5)
	inTime := 0
	for _, r := range b.loads[i].Requests {
		if r.End == rig.Answered && r.Took <= muchLonger*alone {
			inTime++
		}
	}
	return float64(inTime) / float64(max(len(b.loads[i].Requests), 1))
}

// show adds a row for each number of heavy clients.
func (b *besides) show(r *Result) {
	for i, l := range b.loads {
		figures := []Figure{Given("heavy", float64(b.numbers[i]), Things), Share("goodput", b.goodput(i))}
		if l.Count(rig.Answered)+l.Waiting() > 0 {
			figures = append(figures, Within("half answered within", l, .5), Within("99 % answered within", l, .99))
		}
		r.Row(b.name, figures...)
	}
}

// knees returns the fewest heavy clients that bring the server to its knees, or more than were tried.
func (b *besides) knees() float64 {
	for i, number := range b.numbers {
		if b.goodput(i) < .5 {
			return float64(number)
		}
	}
	return float64(b.numbers[len(b.numbers)-1] + 1)
}

// and adds a round.
func (s sharing) and(b *besides) sharing {
	s.knees = append(s.knees, b.knees())
	s.goodput = append(s.goodput, b.goodput(len(b.loads)-1))
	if b.ended {
		s.ended++
	}
	return s
}

// verdicts judges by how cheap clients fared on a machine with so many processors. The numbers of heavy clients about
// double, and so the bounds leave room.
func (p *heavyLoad) verdicts(seen map[sharedServer]sharing, processors int) (verdicts []Verdict) {
	for _, server := range sharedServers {
		verdicts = append(verdicts, p.kneesVerdict("it takes a few dozen CPU-bound clients to bring "+server.called(server.part)+" to its knees",
			"24 to 48 of them", seen[server], 20, 53))
	}
	low, high := .75*float64(processors), 4*float64(processors)
	beyond := p.kneesVerdict("with a goroutine for each, a few of them for each processor suffice",
		fmt.Sprintf("%.0f to %.0f of them on %s", math.Ceil(low), high, several(processors, "processor")), seen[eachItsOwn], low, high)
	goodput := seen[fewWorkers].goodput
	return append(verdicts, beyond, Verdict{Claim: "a pool of two protects cheap clients from " + several(p.heavy, "heavy one"),
		Expected: "50 to 100 % of the cheap ones answered in time", Measured: goodput.shares(), Answer: goodput.Within(.5, 1.1)})
}

// kneesVerdict judges whether the fewest heavy clients that bring a server to its knees are from low to high.
func (p *heavyLoad) kneesVerdict(claim, expected string, s sharing, low, high float64) Verdict {
	v := Verdict{Claim: claim, Expected: expected, Measured: s.knees.In(Things) + " suffice", Answer: s.knees.Within(low, high)}
	tried := float64(p.heavy)
	if s.knees.Median() > tried {
		v.Measured = fmt.Sprintf("%d do not suffice", p.heavy)
	}
	if _, most := s.knees.Bounds(); most > tried && tried < high && v.Answer != CouldNotTell {
		v.final = true
		v.Answer, v.Why = CouldNotTell, fmt.Sprintf("No more than %d were tried; see -heavy.", p.heavy)
	}
	if s.ended > 0 {
		v.Measured += fmt.Sprintf("; it ended by itself in %s", several(s.ended, "round"))
	}
	return v
}
