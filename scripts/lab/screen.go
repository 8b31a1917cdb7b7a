package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// width is how wide what is written to out may be.
func width(out io.Writer) int { return min(max(timeline.SizeOf(out).Width, 60), 110) }

// show draws the results of one experiment: what is claimed, what was done, what was seen and measured, and what
// follows.
func show(e experiments.Experiment, r *results, width int, colored bool) string {
	blocks := []string{console.Strong(e.Name, colored) + "\n" +
		console.Wrap("Claim: "+e.Claim, width) + "\n" + console.Faint(console.Wrap("Source: "+e.Source, width), colored) + "\n" +
		console.Wrap(e.Shows, width) + "\n"}
	if len(r.charts) > 0 {
		blocks = append(blocks, drawn(func(w io.Writer) error {
			return timeline.Text(w, timeline.Size{Width: width}, colored, r.timelines()...)
		}))
	}
	for _, c := range r.curves(e) {
		blocks = append(blocks, drawn(func(w io.Writer) error { return c.Text(w, width, colored) }))
	}
	if b, ok := r.bars(e); ok {
		blocks = append(blocks, drawn(func(w io.Writer) error { return b.Text(w, width, colored) }))
	}
	if !r.barsSayAll(e) {
		blocks = append(blocks, figures(r.rows, width, colored))
	}
	for _, note := range r.notes {
		blocks = append(blocks, console.Wrap(note, width)+"\n")
	}
	var verdicts strings.Builder
	for _, v := range r.verdicts {
		verdicts.WriteString(verdict(v, width, colored))
	}
	blocks = append(blocks, verdicts.String())
	return "\n" + strings.Join(slices.DeleteFunc(blocks, func(block string) bool { return block == "" }), "\n")
}

// drawn is what draw writes. Writing into memory does not fail.
func drawn(draw func(io.Writer) error) string {
	var text strings.Builder
	if err := draw(&text); err != nil {
		panic(err)
	}
	return text.String()
}

// figures is the table of all rows. A figure that not all rows have leaves the others' cells empty.
func figures(rows []experiments.Row, width int, colored bool) string {
	if len(rows) == 0 {
		return ""
	}
	var names []string
	for _, row := range rows {
		for _, f := range row.Figures {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	t := table{head: append([]string{""}, names...), right: true}
	untold := false
	for _, row := range rows {
		cells := []string{row.Subject}
		for _, name := range names {
			f, found := figure(row, name)
			if !found {
				cells = append(cells, "")
				continue
			}
			cells = append(cells, f.String())
			untold = untold || f.Text == "" && !f.Known()
		}
		t.rows = append(t.rows, cells)
	}
	text := t.text(width, colored)
	if untold {
		text += console.Faint("–: this system has no such figure; Linux has, in /proc", colored) + "\n"
	}
	return text
}

// verdict says in words whether a claim holds.
func verdict(v experiments.Verdict, width int, colored bool) string {
	const indent = "  "
	mark, color := "✓ holds", console.Lane(2)
	if !v.Holds {
		mark, color = "✗ does not hold here", console.Lane(1)
	}
	claim := console.Wrap(mark+": "+v.Claim, width) // before it is painted: colours have no width
	text := color.Paint(mark, colored) + strings.TrimPrefix(claim, mark) + "\n" +
		hanging(indent, fmt.Sprintf("expected: %s; measured: %s", v.Expected, v.Measured), width)
	if v.Why != "" {
		text += hanging(indent, v.Why, width)
	}
	return text
}

// An outcome is what came of an experiment.
type outcome struct {
	name     string
	verdicts []experiments.Verdict
	err      error // why it could not find out
}

// summary is the table of all verdicts, of so many experiments.
func summary(found []outcome, of, width int, colored bool) string {
	t := table{head: []string{"claim", "expected", "measured", "holds"}, widths: []int{width - 47, 17, 17, 5}}
	held, all := 0, 0
	for _, o := range found {
		t.rows = append(t.rows, []string{o.name})
		for _, v := range o.verdicts {
			answer := "no"
			if all++; v.Holds {
				held++
				answer = "yes"
			}
			t.rows = append(t.rows, []string{"  " + v.Claim, v.Expected, v.Measured, answer})
		}
		if o.err != nil {
			t.rows = append(t.rows, []string{"  could not find out: see above"})
		}
	}
	text := "\n" + t.text(width, colored) + fmt.Sprintf("\n%d of %d claims hold on this machine, in Go.\n", held, all)
	if len(found) < of {
		text += fmt.Sprintf("Interrupted: %d of %d experiments did not end.\n", of-len(found), of)
	}
	return text
}

// hanging is text in lines that all begin with indent.
func hanging(indent, text string, width int) string {
	return indent + strings.ReplaceAll(console.Wrap(text, width-len(indent)), "\n", "\n"+indent) + "\n"
}
