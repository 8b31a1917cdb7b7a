package main

import (
	"errors"
	"fmt"
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
// under the experiment's name, and each chart by itself with its own name behind that.
func pictures(dir string, e experiments.Experiment, r *results) error {
	title := strings.ToUpper(e.Claim[:1]) + e.Claim[1:]
	var errs []error
	write := func(name string, draw func(io.Writer) error) {
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
		if bars.Title == "" {
			bars.Title = strings.ReplaceAll(e.Name, "-", " ")
		}
		write(e.Name, func(w io.Writer) error { return plot.BarsSVG(w, title, bars) })
	}
	return errors.Join(errs...)
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func slug(text string) string { return strings.Trim(notInNames.ReplaceAllString(text, "-"), "-") }

func picture(name string, draw func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	return errors.Join(draw(f), f.Close())
}
