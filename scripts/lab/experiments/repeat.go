package experiments

import (
	"context"
	"fmt"
	"time"
)

// An Effort says how long an experiment may go on measuring.
type Effort struct {
	Quick  bool          // sweeps have fewer points
	Rounds int           // at least
	Limit  time.Duration // after it no round begins, even if the rounds cannot tell yet
}

// The efforts of the lab.
var (
	Quick    = Effort{true, 3, 15 * time.Second}
	Thorough = Effort{false, 5, 35 * time.Second}
)

// fewestRounds is how many rounds it takes to tell anything.
const fewestRounds = 3

// Repeat measures in rounds, each of so many steps, and judges after each. A round measures every arm of the
// experiment once, so that whatever else the machine does meets all of them alike. Repeat returns the verdicts when
// all of them tell, or when the time is over. It returns the error of a round at once.
func (t *Trial) Repeat(ctx context.Context, steps int, round func() error, judge func() []Verdict) ([]Verdict, error) {
	began := time.Now()
	for n := 1; ; n++ {
		t.round, t.step, t.steps = n, 0, steps
		last := time.Now()
		if err := round(); err != nil {
			return nil, err
		}
		verdicts := judge()
		over := time.Since(began)+time.Since(last) > t.Limit
		if over || n >= t.Rounds && told(verdicts) {
			return t.confess(verdicts, n), ctx.Err()
		}
	}
}

// told reports whether all verdicts tell.
func told(verdicts []Verdict) bool {
	for _, v := range verdicts {
		if v.Answer == CouldNotTell {
			return false
		}
	}
	return true
}

// confess withdraws verdicts that rest on too few rounds, and says what would help those that do not tell.
func (t *Trial) confess(verdicts []Verdict, rounds int) []Verdict {
	help := "Fewer other programs on this machine would help."
	if t.Quick {
		help = "A run without -q measures longer. " + help
	}
	for i, v := range verdicts {
		switch {
		case rounds < min(fewestRounds, t.Rounds):
			v.Answer, v.Why = CouldNotTell, fmt.Sprintf("The time was over after %s. %s", several(rounds, "round"), help)
		case v.Answer == CouldNotTell && v.Why == "":
			v.Why = fmt.Sprintf("%d rounds leave a doubt. %s", rounds, help)
		}
		verdicts[i] = v
	}
	return verdicts
}
