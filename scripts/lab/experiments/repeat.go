package experiments

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An Effort says how long an experiment may go on measuring.
type Effort struct {
	Quick  bool          // sweeps have fewer points
	Rounds int           // at least
	Limit  time.Duration // after it no round begins, even if the rounds cannot tell yet; twice as much for the fewest
}

// The efforts of the lab.
var (
	Quick    = Effort{true, 3, 12 * time.Second}
	Thorough = Effort{false, 5, 35 * time.Second}
)

// fewestRounds is how many rounds it takes to tell anything.
const fewestRounds = 3

// A flaw is why a round does not count: the lab itself did not do what it should, or the machine was too busy with
// other things to tell anything.
type flaw string

func (f flaw) Error() string { return string(f) }

// Repeat measures in rounds, each of so many steps, and judges after each. A round measures every arm of the
// experiment once, so that whatever else the machine does meets all of them alike. A round that returns a [flaw] does
// not count, and must have added nothing to the figures. Repeat returns the verdicts when all of them tell, or when the
// time is over. It returns any other error of a round at once.
func (t *Trial) Repeat(ctx context.Context, steps int, round func() error, judge func() []Verdict) ([]Verdict, error) {
	if t.Servers != nil {
		if err := t.Build(ctx); err != nil { // now, or it would take up the time of the first round
			return nil, err
		}
	}
	began := time.Now()
	counted := 0
	for n := 1; ; n++ {
		t.round, t.step, t.steps = n, 0, steps
		last := time.Now()
		var f flaw
		switch err := round(); {
		case errors.As(err, &f):
			t.flaws = append(t.flaws, f)
		case err != nil:
			return nil, err
		default:
			counted++
		}
		verdicts := judge()
		limit := t.Limit
		if counted < fewestRounds {
			limit *= 2
		}
		over := time.Since(began)+time.Since(last) > limit
		if over || ctx.Err() != nil || counted >= t.Rounds && told(verdicts) {
			return t.confess(verdicts, counted), ctx.Err()
		}
	}
}

// told reports whether all verdicts tell, as far as rounds can help.
func told(verdicts []Verdict) bool {
	for _, v := range verdicts {
		if v.Answer == CouldNotTell && !v.final {
			return false
		}
	}
	return true
}

// confess withdraws verdicts that rest on too few rounds, and says what would help those that do not tell.
func (t *Trial) confess(verdicts []Verdict, rounds int) []Verdict {
	help := "Stop other programs and run it again."
	if t.Quick {
		help = "Stop other programs, or run it without -q, which measures longer."
	}
	flawed := ""
	if n := len(t.flaws); n > 0 {
		flawed = fmt.Sprintf(" %s more did not count: %s.", several(n, "round"), t.flaws[n-1])
	}
	few := fmt.Sprintf("Only %s could be done in the time.%s %s", several(rounds, "round"), flawed, help)
	for i, v := range verdicts {
		switch {
		case rounds < min(fewestRounds, t.Rounds):
			v.Answer, v.Why, few = CouldNotTell, few, "" // saying it once is enough
		case v.Answer == CouldNotTell && v.Why == "":
			v.Why = fmt.Sprintf("The %d rounds differ too much, or come too near to a bound: a tenth of room is wanted.%s %s", rounds, flawed, help)
		}
		verdicts[i] = v
	}
	return verdicts
}

// noteFlaws adds to r which rounds did not count, and why.
func (t *Trial) noteFlaws(r *Result) {
	if n := len(t.flaws); n > 0 {
		r.Note("%s did not count, of %d. The last reason: %s.", several(n, "round"), t.round, t.flaws[n-1])
	}
}
