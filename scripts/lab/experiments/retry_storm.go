package experiments

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"sync/atomic"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var retryStorm = Experiment{
	Name:   "retry-storm",
	Claim:  "retries keep a server overloaded after the cause of the overload has gone",
	Source: "Bronson et al., Metastable Failures in Distributed Systems (2021), and the AWS Builders' Library",
	Shows: "Lets clients come to part 3 at six tenths of its capacity. For a moment four times the capacity comes, and then " +
		"again what came before. A client has a patience for each attempt, and tries again by a policy. Goodput is what is " +
		"answered, at whichever attempt, as a share of what comes at that time. Draws it over the time since the spike.",
	Curves: []Curve{{X: "since the spike", Y: "goodput", Title: "goodput after a spike, in percent of what comes"}},
	Setup: func(fs *flag.FlagSet) Run {
		var p storm
		p.flags(fs)
		console.DurationVar(fs, &p.patience, "patience", 100*time.Millisecond, 10*time.Millisecond, time.Minute, "how much `time` a client has for an attempt")
		console.DurationVar(fs, &p.spike, "spike", 70*time.Millisecond, time.Millisecond, time.Minute, "how much `time` the spike takes")
		return p.run
	},
}

type storm struct {
	computing
	patience, spike time.Duration
}

// The loads, in times the capacity.
const (
	steady = 0.6
	spike  = overloaded
)

// stormSlices are the parts of the time after the spike, each as long as the patience and half of it. After the first
// slices a server with a backlog from the spike alone has done with it, and the last one is judged.
const (
	stormSlices = 6
	judgedFrom  = 5
)

// A retrying is what comes to which server.
type retrying struct{ policy, server, subject string }

var retryings = []retrying{
	{"none", rig.Pool, "no retries"},
	{"at-once", rig.Pool, "retries at once"},
	{"budget", rig.Pool, "a budget of retries"},
	{"at-once", rig.Shedding, "retries at once, to shedding"},
	{"backoff", rig.Pool, "backoff"},
	{"jitter", rig.Pool, "backoff with jitter"},
}

func (p *storm) run(ctx context.Context, t *Trial) (r Result, err error) {
	if err := p.check(p.patience); err != nil {
		return r, err
	}
	arms := retryings
	if t.Quick {
		arms = arms[:4]
	}
	afterwards, ended := make(map[string]Sample), make(map[string]bool)
	round := func() error {
		p.begin()
		got := make([]stormSeen, len(arms))
		for i, arm := range arms {
			t.Step("a spike, with %s", arm.subject)
			died, err := p.under(ctx, t, arm.server, shedArgs(p.n, p.patience)[arm.server], func(s *rig.Server, capacity float64) (err error) {
				got[i], err = p.storm(ctx, s, arm.policy, capacity)
				got[i].subject = s.Label(arm.subject)
				return err
			})
			if err != nil {
				return err
			}
			ended[arm.subject] = ended[arm.subject] || died
		}
		if _, err := p.typical(); err != nil {
			return err
		}
		if n := got[atOnce].attempts; n > 0 && n < someRetried {
			return flaw(fmt.Sprintf("the spike did not overload the server: a client made %.1f attempts", n))
		}
		for i, arm := range arms {
			afterwards[arm.subject] = append(afterwards[arm.subject], got[i].afterwards())
			got[i].enter(&r, p.slice())
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, len(arms), round, func() []Verdict { return stormVerdicts(afterwards, ended) })
	r.Note("A client gives an attempt up after %v and makes at most 10, with the policies of the client command (-retry). With backoff it waits for 100ms, and then twice as long each time, up to 2s. With a budget, all clients together retry a tenth as often as they ask.", p.patience)
	p.noteFailures(&r)
	t.noteFlaws(&r)
	return r, err
}

// atOnce is the place of the clients that retry at once in [retryings], and someRetried is how many attempts each of them
// makes at least, on average, if the spike has overloaded the server at all.
const (
	atOnce      = 1
	someRetried = 1.2
)

func (p *storm) slice() time.Duration { return p.patience * 3 / 2 }

// A stormSeen is what a server answered in a round, as shares of what came.
type stormSeen struct {
	subject  string
	before   float64
	slices   []float64 // after the spike
	attempts float64   // for each client that came
}

// afterwards is the goodput when the spike has long gone.
func (s stormSeen) afterwards() float64 {
	sum := 0.0
	for _, g := range s.slices[judgedFrom:] {
		sum += g
	}
	return sum / float64(len(s.slices)-judgedFrom)
}

// storm lets clients come to s that retry by a policy, and a spike come among them. The load ends by itself: no client
// comes after the last slice, and those that are still there are cut off.
func (p *storm) storm(ctx context.Context, s *rig.Server, policy string, capacity float64) (seen stormSeen, err error) {
	retry, err := client.ParseRetry(policy)
	if err != nil {
		return seen, err
	}
	var attempts atomic.Int64
	dial := client.Dial(s.Addr)
	ask := func(ctx context.Context, came time.Time) (end rig.End) {
		retry.Begin()
		for attempt := 1; ; attempt++ {
			attempts.Add(1)
			if end = rig.Once(dial, spin(p.work), p.patience)(ctx, came); end == rig.Answered || end == rig.Open || end == rig.Unstarted {
				return end
			}
			wait, again := retry.Again(attempt)
			if !again || client.Sleep(ctx, wait) != nil {
				return end
			}
			came = time.Now()
		}
	}
	calm := p.patience/2 + p.slice()
	from := calm + p.spike
	l := rig.Arrive(ctx, ask, 0, rig.Pace{Rate: steady * capacity, For: calm}, rig.Pace{Rate: spike * capacity, For: p.spike},
		rig.Pace{Rate: steady * capacity, For: stormSlices * p.slice()})
	goodput := func(from time.Duration) float64 {
		slice := l.Between(from, from+p.slice())
		return float64(slice.Count(rig.Answered)) / float64(max(slice.Offered(), 1))
	}
	seen.before = goodput(p.patience / 2)
	for i := range stormSlices {
		seen.slices = append(seen.slices, goodput(from+time.Duration(i)*p.slice()))
	}
	seen.attempts = float64(attempts.Load()) / float64(max(len(l.Requests), 1))
	if capacity > 0 && seen.before < half {
		err = flaw(fmt.Sprintf("%s answered only %.0f %% of what came before the spike", s.Name, 100*seen.before))
	}
	return seen, cmp.Or(err, measured{Load: l, capacity: capacity}.flaw(s.Name), loadFlaw(s.Name, l, p.patience))
}

// A server has recovered if it answers at least the share settled of what comes. It may answer more than comes, if some
// have waited, but not more than its capacity, which is below caughtUp times the steady load.
const (
	settled  = 0.6
	caughtUp = 2
)

// enter adds a round to the figures.
func (s stormSeen) enter(r *Result, slice time.Duration) {
	back := len(s.slices)
	for back > 0 && s.slices[back-1] >= settled {
		back--
	}
	recovered := Time("recovered after", time.Duration(back)*slice)
	if back == len(s.slices) {
		recovered.AtLeast = true
	}
	r.Row(s.subject, Share("before", s.before), Share("afterwards", s.afterwards()), recovered, Figure{Name: "attempts of a client", Value: s.attempts})
	r.Point(s.subject, Given("since the spike", -slice.Seconds(), Seconds), Share("goodput", s.before))
	for i, g := range s.slices {
		r.Point(s.subject, Given("since the spike", (time.Duration(i)*slice+slice/2).Seconds(), Seconds), Share("goodput", g))
	}
}

// stormVerdicts judges by the goodput when the spike has long gone, and by which servers ended by themselves.
func stormVerdicts(afterwards map[string]Sample, ended map[string]bool) (verdicts []Verdict) {
	for _, claim := range []struct {
		arm, text string
		low, high float64
		why       string
	}{
		{"no retries", "without retries an overload ends soon after its cause", settled, caughtUp, ""},
		{"retries at once", "with immediate retries the overload stays after its cause has gone", 0, half,
			"Each client that gives up comes again, so that more come than the server can serve, and so they give up. It ends when clients stop coming."},
		{"a budget of retries", "with a budget of retries the overload ends", settled, caughtUp, ""},
		{"retries at once, to shedding", "at a server that sheds load the overload ends even with immediate retries", settled, caughtUp,
			"It serves nobody who has left, so its whole capacity is goodput."},
	} {
		got := afterwards[claim.arm]
		v := Verdict{Claim: claim.text, Answer: got.Within(claim.low, claim.high),
			Expected: fmt.Sprintf("%.0f to %.0f %% of what comes is answered", 100*claim.low, 100*claim.high), Measured: got.shares()}
		if v.Answer == Holds {
			v.Why = claim.why
		}
		verdicts = append(verdicts, v)
	}
	verdicts[atOnce].control(verdicts[0], ended[retryings[atOnce].subject])
	return verdicts
}

// control withdraws the verdict that retries keep a server overloaded if something else may have done so.
func (v *Verdict) control(without Verdict, ended bool) {
	switch {
	case v.Answer != Holds:
	case ended:
		v.Answer, v.Why, v.final = CouldNotTell, "The server ended by itself, so it is not the retries that keep it overloaded.", true
	case without.Answer != Holds:
		v.Answer, v.Why = CouldNotTell, "Without retries it did not end for certain either, so it may not be the retries that keep it up."
		v.final = without.Answer == DoesNotHold
	}
}
