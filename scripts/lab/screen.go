package main

import (
	"fmt"
	"io"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// width is how wide what is written to out may be.
func width(out io.Writer) int { return min(max(timeline.SizeOf(out).Width, 60), 110) }

// show draws the results of one experiment: what is claimed, what was seen, what was measured, and what follows.
func show(out io.Writer, e experiments.Experiment, r *results, colored bool) error {
	width := width(out)
	var blocks []string
	add := func(block string) {
		if block != "" {
			blocks = append(blocks, block)
		}
	}
	head := console.Strong(e.Name, colored) + "\n" +
		wrapped("Claim: "+e.Claim, width) + "\n" + console.Faint(wrapped("Source: "+e.Source, width), colored) + "\n"
	add(head)
	if len(r.charts) > 0 {
		var text strings.Builder
		size := timeline.Size{Width: width}
		if err := timeline.Text(&text, size, colored, r.timelines()...); err != nil {
			return err
		}
		add(text.String())
	}
	for _, c := range r.curves(e) {
		var text strings.Builder
		if err := c.Text(&text, width, colored); err != nil {
			return err
		}
		add(text.String())
	}
	if b, ok := r.bars(e); ok {
		var text strings.Builder
		if err := b.Text(&text, width, colored); err != nil {
			return err
		}
		add(text.String())
	}
	if !(len(e.Bars) == 1 && len(r.rows) > 0 && len(r.rows[0].Figures) == 1) { // then the bars have said it all
		add(figures(r.rows, width, colored))
	}
	for _, note := range r.notes {
		add(wrapped(note, width) + "\n")
	}
	var verdicts strings.Builder
	for _, v := range r.verdicts {
		verdicts.WriteString(verdict(v, width, colored))
	}
	add(verdicts.String())
	return writeAll(out, "\n"+strings.Join(blocks, "\n"))
}

// figures is the table of all rows.
func figures(rows []experiments.Row, width int, colored bool) string {
	if len(rows) == 0 {
		return ""
	}
	t := table{head: []string{""}, right: true}
	for _, f := range rows[0].Figures {
		t.head = append(t.head, f.Name)
	}
	untold := false
	for _, row := range rows {
		cells := []string{row.Subject}
		for _, f := range row.Figures {
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
	claim := wrapped(mark+": "+v.Claim, width) // before it is painted: colours have no width
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

// summary is the table of all verdicts.
func summary(found []outcome, width int, colored bool) string {
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
	return "\n" + t.text(width, colored) + fmt.Sprintf("\n%d of %d claims hold on this machine, in Go.\n", held, all)
}

// wrapped breaks text into lines of at most width characters.
func wrapped(text string, width int) string { return strings.Join(wrap(text, width), "\n") }

// hanging is text in lines that all begin with indent.
func hanging(indent, text string, width int) string {
	return indent + strings.Join(wrap(text, width-len(indent)), "\n"+indent) + "\n"
}
