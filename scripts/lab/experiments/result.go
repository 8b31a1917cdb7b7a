package experiments

import (
	"fmt"
	"slices"

	"example.com/concurrent-servers/shared/timeline"
)

// A Result is what an experiment found.
type Result struct {
	Charts   []timeline.Chart `json:"charts,omitempty"`
	Rows     []Row            `json:"rows"`
	Notes    []string         `json:"notes,omitempty"` // what else there is to say, in a sentence or more each
	Verdicts []Verdict        `json:"verdicts"`
}

// A Row is figures about a subject: a server, or a way of doing something.
type Row struct {
	Subject string   `json:"subject"`
	Figures []Figure `json:"figures"`
}

// A Verdict says what became of a claim, here and now. It is measured, never assumed.
type Verdict struct {
	Claim    string `json:"claim"`
	Expected string `json:"expected"` // what would be seen if the claim held
	Measured string `json:"measured"`
	Answer   Answer `json:"answer"`
	Why      string `json:"why,omitempty"` // the reason for what was measured, if it is not plain
}

// An Answer says whether a claim holds.
type Answer string

// The answers.
const (
	Holds       Answer = "holds"
	DoesNotHold Answer = "does not hold here"
)

// answer returns Holds if the figures are what the claim demands.
func answer(holds bool) Answer {
	if holds {
		return Holds
	}
	return DoesNotHold
}

// Row adds figures about a subject.
func (r *Result) Row(subject string, figures ...Figure) {
	r.Rows = append(r.Rows, Row{subject, figures})
}

// Note adds something that stands below the figures.
func (r *Result) Note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// Figure returns the row's figure of that name, and whether the row has it.
func (r Row) Figure(name string) (f Figure, ok bool) {
	i := slices.IndexFunc(r.Figures, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return f, false
	}
	return r.Figures[i], true
}
