// Package report shows the result of an experiment: as text for a terminal, as pictures, and as JSON.
//
//	report.go     the text: claim, drawings, table, notes, verdicts; and the summary of all experiments
//	figures.go    the tables of figures
//	table.go      a table within a width
//	plot.go       which figures are drawn
//	scale.go      where their values lie
//	look.go       colours and marks of curves
//	curves.go     curves of one figure over another, for a terminal
//	bars.go       bars that are the sum of their parts, for a terminal
//	svg.go        bars as pictures, and what all pictures have
//	svg_curves.go curves as pictures
//	pictures.go   the files of an experiment
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// Text shows a result in lines of at most width columns: what is claimed, what was done, what was
// seen and measured, and what follows.
func Text(e experiments.Experiment, r experiments.Result, width int, colored bool) string {
	blocks := []string{console.Strong(e.Name, colored) + "\n" +
		console.Wrap("Claim: "+e.Claim, width) + "\n" + console.Faint(console.Wrap("Source: "+e.Source, width), colored) + "\n" +
		console.Wrap(e.Shows, width) + "\n"}
	add := func(block string) {
		if block != "" {
			blocks = append(blocks, block)
		}
	}
	if len(r.Charts) > 0 {
		var text strings.Builder // writing to it does not fail
		timeline.Text(&text, timeline.Size{Width: width}, colored, r.Charts...)
		add(text.String())
	}
	for _, c := range curvesOf(e, r) {
		add(c.text(width, colored))
	}
	add(barsOf(e, r).text(width, colored))
	if repeatsBars := len(e.Bars) == 1 && len(r.Rows) > 0 && len(r.Rows[0].Figures) == 1; !repeatsBars {
		plotted := func(row experiments.Row) bool { return row.Plotted }
		add(figures(e, slices.DeleteFunc(slices.Clone(r.Rows), plotted), width, colored))
	}
	for _, note := range r.Notes {
		add(console.Wrap(note, width) + "\n")
	}
	var verdicts strings.Builder
	for _, v := range r.Verdicts {
		verdicts.WriteString(verdict(v, width, colored))
	}
	add(verdicts.String())
	return "\n" + strings.Join(blocks, "\n")
}

// An answerMark is how an answer looks. Each answer is a finding, so none looks like a failure.
type answerMark struct {
	mark  string
	color console.Color
}

var marksOf = map[experiments.Answer]answerMark{
	experiments.Holds:        {"✓", console.Lane(2)},
	experiments.DoesNotHold:  {"≠", console.Lane(4)},
	experiments.CouldNotTell: {"?", console.Lane(1)},
}

// legend names the marks.
func legend(colored bool) string {
	var words []string
	for _, a := range []experiments.Answer{experiments.Holds, experiments.DoesNotHold, experiments.CouldNotTell} {
		words = append(words, marksOf[a].color.Paint(marksOf[a].mark, colored)+" "+string(a))
	}
	return strings.Join(words, "  ") + "\n"
}

// verdict says in words whether a claim holds.
func verdict(v experiments.Verdict, width int, colored bool) string {
	mark, color := marksOf[v.Answer].mark+" "+string(v.Answer), marksOf[v.Answer].color
	claim := console.Wrap(mark+": "+v.Claim, width) // before it is painted: colours have no width
	text := color.Paint(mark, colored) + strings.TrimPrefix(claim, mark) + "\n" +
		Indented(fmt.Sprintf("expected: %s; measured: %s", v.Expected, v.Measured), width)
	if v.Why != "" {
		text += Indented(v.Why, width)
	}
	return text
}

// Indented wraps text to lines of at most width columns that begin with two spaces.
func Indented(text string, width int) string {
	return "  " + strings.ReplaceAll(console.Wrap(text, width-2), "\n", "\n  ") + "\n"
}

// An Outcome is what came of an experiment.
type Outcome struct {
	Name   string
	Result experiments.Result
	Err    error // why it could not find out everything
}

// Machine describes the machine in lines of at most width columns. Only a warning stands out.
func Machine(m rig.Machine, width int, colored bool) string {
	text := console.Faint(console.Wrap(strings.TrimSuffix(m.String(), "\n"), width), colored) + "\n"
	if m.Busy() {
		text += console.Wrap(`This machine is busy with other programs: expect more rounds, and "could not tell".`, width) + "\n"
	}
	return text
}

// Summary returns a table of the verdicts of all outcomes, and the machine where they were found. So many experiments
// were to be run; if there are fewer outcomes, the lab was interrupted.
func Summary(outcomes []Outcome, m rig.Machine, experimentsToRun, width int, colored bool) string {
	const expected, measured = 21, 21
	t := Table{Head: []string{"", "claim", "expected", "measured"}, Widths: []int{1, width - 1 - expected - measured - 3*gap, expected, measured}}
	held, untold, all := 0, 0, 0
	for _, o := range outcomes {
		t.Rows = append(t.Rows, []string{console.Strong(o.Name, colored)})
		for _, v := range o.Result.Verdicts {
			switch all++; v.Answer {
			case experiments.Holds:
				held++
			case experiments.CouldNotTell:
				untold++
			}
			t.Rows = append(t.Rows, []string{marksOf[v.Answer].mark, v.Claim, v.Expected, v.Measured})
		}
		if o.Err != nil {
			t.Rows = append(t.Rows, []string{"   could not find out: see above"})
		}
	}
	text := "\n" + paintMarks(t.Text(width, colored), colored) + "\n" + legend(colored) +
		fmt.Sprintf("Of %d claims %d hold here, %d do not, and %d could not be told.\n", all, held, all-held-untold, untold)
	if missing := experimentsToRun - len(outcomes); missing > 0 {
		text += fmt.Sprintf("Interrupted: %d of %d experiments did not end.\n", missing, experimentsToRun)
	}
	return text + Machine(m, width, colored)
}

// paintMarks paints the marks at the beginnings of lines.
func paintMarks(text string, colored bool) string {
	for _, m := range marksOf {
		text = strings.ReplaceAll(text, "\n"+m.mark+" ", "\n"+m.color.Paint(m.mark, colored)+" ")
	}
	return text
}

// JSON writes an outcome as one object on one line, with the fields of [experiments.Result]:
//
//	{"experiment":"three-clients","machine":{…},"charts":[…],"rows":[…],"verdicts":[…]}
//
// An error is the text of the field "error". The value of a figure that the system does not tell
// is -1.
func JSON(w io.Writer, m rig.Machine, o Outcome) error {
	line := struct {
		Experiment string      `json:"experiment"`
		Machine    rig.Machine `json:"machine"`
		experiments.Result
		Error string `json:"error,omitempty"`
	}{Experiment: o.Name, Machine: m, Result: o.Result}
	if o.Err != nil {
		line.Error = o.Err.Error()
	}
	return json.NewEncoder(w).Encode(line)
}
