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
	Plotted bool     `json:"plotted,omitempty"` // it is a point of a curve, and not worth reading in a table
}

// A Verdict says what became of a claim, here and now. It is measured, never assumed.
type Verdict struct {
	Claim    string `json:"claim"`
	Expected string `json:"expected"` // what would be seen if the claim held
	Measured string `json:"measured"`
	Answer   Answer `json:"answer"`
	Why      string `json:"why,omitempty"` // the reason for what was measured, if it is not plain

	final bool // more rounds would not change it
}

// An Answer says whether a claim holds on this machine. Each answer is a finding: the lab has done its work.
type Answer string

// The answers.
const (
	Holds        Answer = "holds"
	DoesNotHold  Answer = "not so here"
	CouldNotTell Answer = "could not tell"
)

// both returns the answer of a claim that needs all of the answers.
func both(answers ...Answer) Answer {
	switch {
	case slices.Contains(answers, DoesNotHold):
		return DoesNotHold
	case slices.Contains(answers, CouldNotTell):
		return CouldNotTell
	}
	return Holds
}

// Row adds figures about a subject. An experiment calls it in each round. If there is a row with the same subject and
// the same given figures (see [Given]), the measured figures join those of the rounds before.
func (r *Result) Row(subject string, figures ...Figure) { r.row(Row{Subject: subject}, figures) }

// Point is like Row, for a point of a curve that is not worth reading in a table.
func (r *Result) Point(subject string, figures ...Figure) {
	r.row(Row{Subject: subject, Plotted: true}, figures)
}

func (r *Result) row(row Row, figures []Figure) {
	for i, old := range r.Rows {
		if old.Subject == row.Subject && old.Plotted == row.Plotted && slices.EqualFunc(old.given(), Row{Figures: figures}.given(), sameValue) {
			r.Rows[i].join(figures)
			return
		}
	}
	row.join(figures)
	r.Rows = append(r.Rows, row)
}

func sameValue(a, b Figure) bool { return a.Name == b.Name && a.Value == b.Value }

// given returns the figures of the row that were not measured.
func (r Row) given() (given []Figure) {
	for _, f := range r.Figures {
		if f.given {
			given = append(given, f)
		}
	}
	return given
}

// join adds the figures of a round to those of the rounds before.
func (r *Row) join(figures []Figure) {
	for _, f := range figures {
		i := slices.IndexFunc(r.Figures, func(g Figure) bool { return g.Name == f.Name })
		if i < 0 {
			i = len(r.Figures)
			r.Figures = append(r.Figures, Figure{Name: f.Name, Unit: f.Unit})
		}
		r.Figures[i].join(f)
	}
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
