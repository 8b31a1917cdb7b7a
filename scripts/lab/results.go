package main

import (
	"slices"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/plot"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/timeline"
)

// results are what an experiment has told so far.
type results struct {
	charts   []namedChart
	rows     []experiments.Row
	notes    []string
	verdicts []experiments.Verdict
}

type namedChart struct {
	name string
	timeline.Chart
}

// gather is a listener.
func (r *results) gather(e experiments.Event) {
	switch e := e.(type) {
	case experiments.Lane:
		r.lane(e)
	case experiments.Title:
		r.chart(e.Chart).Title = e.Title
	case experiments.Row:
		r.rows = append(r.rows, e)
	case experiments.Note:
		r.notes = append(r.notes, e.Text)
	case experiments.Verdict:
		r.verdicts = append(r.verdicts, e)
	}
}

func (r *results) chart(name string) *namedChart {
	i := slices.IndexFunc(r.charts, func(c namedChart) bool { return c.name == name })
	if i < 0 {
		i = len(r.charts)
		r.charts = append(r.charts, namedChart{name: name})
	}
	return &r.charts[i]
}

func (r *results) lane(e experiments.Lane) {
	if e.Stage != client.Done {
		return // the drawings show what a lane was in the end
	}
	c := r.chart(e.Chart)
	for len(c.Lanes) <= e.Number {
		c.Lanes = append(c.Lanes, timeline.Lane{})
	}
	c.Lanes[e.Number] = e.Lane
}

func (r *results) timelines() []timeline.Chart {
	var charts []timeline.Chart
	for _, c := range r.charts {
		charts = append(charts, c.Chart)
	}
	return charts
}

// figure is a row's figure of that name.
func figure(row experiments.Row, name string) (experiments.Figure, bool) {
	i := slices.IndexFunc(row.Figures, func(f experiments.Figure) bool { return f.Name == name })
	if i < 0 {
		return experiments.Figure{}, false
	}
	return row.Figures[i], true
}

// curves are the figures that e wants to be seen as curves. Without anything to draw there is no plot.
func (r *results) curves(e experiments.Experiment) []plot.Curves {
	var plots []plot.Curves
	for _, want := range e.Curves {
		p := plot.Curves{Title: want.Y + " against " + want.X, X: plot.Axis{Name: want.X}, Y: plot.Axis{Name: want.Y}}
		for _, row := range r.rows {
			x, okX := figure(row, want.X)
			y, okY := figure(row, want.Y)
			if !okX || !okY || !x.Known() || !y.Known() {
				continue
			}
			p.X.Format, p.Y.Format = x.Unit.Format, y.Unit.Format
			p.Y.Binary = y.Unit == experiments.Bytes
			i := slices.IndexFunc(p.Series, func(s plot.Series) bool { return s.Name == row.Subject })
			if i < 0 {
				i = len(p.Series)
				p.Series = append(p.Series, plot.Series{Name: row.Subject})
			}
			p.Series[i].Points = append(p.Series[i].Points, plot.Point{X: x.Value, Y: y.Value})
		}
		if len(p.Series) > 0 {
			plots = append(plots, p)
		}
	}
	return plots
}

// barsSayAll says whether a table would only repeat what the bars say.
func (r *results) barsSayAll(e experiments.Experiment) bool {
	return len(e.Bars) == 1 && len(r.rows) > 0 && len(r.rows[0].Figures) == 1
}

// bars are the figures that e wants to be seen as bars, if there are any.
func (r *results) bars(e experiments.Experiment) (b plot.Bars, ok bool) {
	b = plot.Bars{Parts: e.Bars}
	for _, row := range r.rows {
		bar := plot.Bar{Name: row.Subject}
		var notes []string
		for _, name := range e.Bars {
			f, found := figure(row, name)
			if !found {
				continue
			}
			bar.Parts = append(bar.Parts, f.Value)
			notes = append(notes, f.String())
		}
		bar.Note = strings.Join(notes, " + ")
		if len(bar.Parts) == len(e.Bars) && len(bar.Parts) > 0 {
			b.Rows = append(b.Rows, bar)
		}
	}
	b.Title = strings.Join(e.Bars, " + ")
	return b, len(b.Rows) > 0
}
