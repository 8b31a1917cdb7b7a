package experiments

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/server"
)

var littlesLaw = Experiment{
	Name:   "littles-law",
	Claim:  "how many clients are in a server is how many come times how long each stays",
	Source: "John Little, A Proof for the Queuing Formula: L = λW (1961)",
	Shows: "Lets clients come to part 3 at random moments, at some rates below its capacity, and asks each for some time of a " +
		"worker. Reads three things that do not know of each other: the lab counts how many come in a second (λ), the server " +
		"adds up how long those stayed that have left (W), and the lab looks again and again how many are there (L).",
	Curves: []Curve{{X: "load", Y: "clients in it", Title: "clients in the server over the load, as a share of the capacity"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p little
		console.CountVar(fs, &p.n, "n", 4, "the `number` of workers")
		console.DurationVar(fs, &p.sleep, "sleep", 20*time.Millisecond, time.Millisecond, time.Minute, "how much `time` of a worker each client needs")
		console.DurationVar(fs, &p.d, "d", time.Second, 50*time.Millisecond, time.Minute, "how much `time` each measurement takes")
		return p.run
	},
}

type little struct {
	n        int
	sleep, d time.Duration
}

// A population is what the law is about: of all clients in a server, or of those that wait.
type population struct {
	rate float64 // clients that come in a second
	stay float64 // seconds that each stays
	size float64 // clients that are there, on average
}

func (p population) predicted() float64 { return p.rate * p.stay }

// crowds are the clients of a server under a load: all, and those that wait for a worker.
type crowds struct{ all, waiting population }

func (p *little) run(ctx context.Context, t *Trial) (r Result, err error) {
	loads := []float64{0.3, 0.6, 0.8}
	if t.Quick {
		loads = []float64{0.4, 0.8}
	}
	seen := make([][]crowds, len(loads))
	round := func() error {
		got := make([]crowds, len(loads))
		counted, predicted := "", ""
		for i, load := range loads {
			t.Step("clients come to part 3 at %.0f %% of its capacity", 100*load)
			err := t.With(ctx, rig.Pool, []string{"-protocol", "http", "-quiet", rig.N(p.n)}, func(s *rig.Server) (err error) {
				counted, predicted = s.Label("counted"), s.Label("predicted")
				got[i], err = p.watch(ctx, s, load*float64(p.n)/p.sleep.Seconds())
				return err
			})
			if err != nil {
				return err
			}
		}
		for i, c := range got {
			seen[i] = append(seen[i], c)
			load := Given("load", loads[i], Things)
			r.Row(counted, load, Figure{Name: "clients in it", Value: c.all.size}, Figure{Name: "of these, waiting", Value: c.waiting.size})
			r.Row(predicted, load, Figure{Name: "clients in it", Value: c.all.predicted()}, Figure{Name: "of these, waiting", Value: c.waiting.predicted()},
				Rate("come", c.all.rate), Figure{Name: "each stays", Value: c.all.stay, Unit: Seconds}, Figure{Name: "each waits", Value: c.waiting.stay, Unit: Seconds})
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(loads), round, func() []Verdict { return littleVerdicts(seen) })
	t.noteFlaws(&r)
	return r, err
}

// warm is how long clients come before they are counted.
const warm = 150 * time.Millisecond

// watch lets clients come to s at a rate, and reads how many come, how long they stay, and how many are there.
func (p *little) watch(ctx context.Context, s *rig.Server, rate float64) (c crowds, err error) {
	var readings []server.Vars
	var from, to time.Duration
	var readErr error
	var reading sync.WaitGroup
	began := time.Now()
	reading.Go(func() {
		client.Sleep(ctx, warm)
		from = time.Since(began)
		readings, readErr = p.read(ctx, s)
		to = time.Since(began)
	})
	l := rig.Arrive(ctx, rig.Once(client.Dial(s.Addr), "/sleep?d="+p.sleep.String(), time.Minute), 0, rig.Pace{Rate: rate, For: warm + p.d + p.sleep})
	reading.Wait()
	if readErr != nil || len(readings) < 2 {
		return c, errors.Join(readErr, ctx.Err(), flaw("the server did not tell its counters"))
	}
	return crowd(readings, float64(l.Between(from, to).Offered())/(to-from).Seconds()), loadFlaw(s.Name, l, 4*p.sleep)
}

// betweenReadings is short beside the time that a client stays.
const betweenReadings = 4 * time.Millisecond

// read reads the counters of s again and again for the time p.d.
func (p *little) read(ctx context.Context, s *rig.Server) (readings []server.Vars, err error) {
	for end := time.Now().Add(p.d); ; {
		v, err := s.Vars(ctx)
		if err != nil {
			return nil, err
		}
		readings = append(readings, v)
		if !time.Now().Before(end) {
			return readings, nil
		}
		client.Sleep(ctx, betweenReadings)
	}
}

// crowd returns what readings tell about the clients if so many come in a second. There are two readings or more.
func crowd(readings []server.Vars, rate float64) (c crowds) {
	first, last := readings[0], readings[len(readings)-1]
	left := func(v server.Vars) int64 { return v.Served + v.Failed + v.Refused }
	begun := func(v server.Vars) int64 { return v.Serving + v.Served + v.Failed }
	c.all = population{rate: rate, stay: (last.Stayed - first.Stayed) / float64(max(left(last)-left(first), 1))}
	c.waiting = population{rate: rate, stay: (last.Waited - first.Waited) / float64(max(begun(last)-begun(first), 1))}
	for i, v := range readings[1:] {
		before := readings[i]
		share := (v.Uptime - before.Uptime) / (last.Uptime - first.Uptime) // readings are not all equally far from each other
		c.all.size += share * float64(before.Waiting+before.Serving+v.Waiting+v.Serving) / 2
		c.waiting.size += share * float64(before.Waiting+v.Waiting) / 2
	}
	return c
}

// lawful is by how much what is counted may differ from what is predicted, as a share of it.
const lawful = 0.2

// fewest is how many clients there must be on average to compare.
const fewest = 0.1

// littleVerdicts judges by the clients under each load, in each round.
func littleVerdicts(seen [][]crowds) []Verdict {
	judge := func(claim string, loads [][]crowds, of func(crowds) population) Verdict {
		answer := Holds
		var counted, predicted, ratio Sample // of the load that decides: one at which the law fails, if there is any
		for _, rounds := range loads {
			var size, product, share Sample
			for _, c := range rounds {
				p := of(c)
				size, product = append(size, p.size), append(product, p.predicted())
				share = append(share, p.size/max(p.predicted(), 0.01))
			}
			here := share.Within(1-lawful, 1+lawful)
			if answer == Holds || here == DoesNotHold {
				answer, counted, predicted, ratio = here, size, product, share
			}
			if answer == DoesNotHold {
				break
			}
		}
		if len(predicted) > 0 && max(predicted.Median(), counted.Median()) < fewest {
			return Verdict{Claim: claim, Answer: CouldNotTell, Expected: "some", Measured: counted.In(Things), Why: "There are too few of them to compare."}
		}
		return Verdict{Claim: claim, Answer: answer,
			Expected: fmt.Sprintf("what is predicted, which is %s", predicted.In(Things)),
			Measured: fmt.Sprintf("%s, which is %s of it", counted.In(Things), ratio.shares())}
	}
	return []Verdict{
		judge("how many clients are in a server is how many come times how long each stays", seen, func(c crowds) population { return c.all }),
		judge("the same holds for those that wait", seen[len(seen)-1:], func(c crowds) population { return c.waiting }),
	}
}
