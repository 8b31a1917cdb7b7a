package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/plot"
	"example.com/concurrent-servers/shared/timeline"
)

// pictures writes the drawings of an experiment into the folder dir: all charts, all curves or the bars as one picture
// under the experiment's name, and each chart by itself with its own name behind that. It returns the files' names.
func pictures(dir string, e experiments.Experiment, r *results) (written []string, err error) {
	title := strings.ToUpper(e.Claim[:1]) + e.Claim[1:]
	var errs []error
	write := func(name string, draw func(io.Writer) error) {
		written = append(written, name+".svg")
		errs = append(errs, picture(filepath.Join(dir, name+".svg"), draw))
	}
	if charts := r.timelines(); len(charts) > 0 {
		write(e.Name, func(w io.Writer) error { return timeline.SVG(w, title, charts...) })
		for _, c := range r.charts {
			write(e.Name+"-"+slug(c.name), func(w io.Writer) error { return timeline.SVG(w, c.Title, c.Chart) })
		}
	}
	if curves := r.curves(e); len(curves) > 0 {
		write(e.Name, func(w io.Writer) error { return plot.SVG(w, title, curves...) })
	}
	if bars, ok := r.bars(e); ok {
		write(e.Name, func(w io.Writer) error { return plot.BarsSVG(w, title, bars) })
	}
	return written, errors.Join(errs...)
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func slug(text string) string { return strings.Trim(notInNames.ReplaceAllString(text, "-"), "-") }

func picture(name string, draw func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(draw(f), f.Close())
}
