package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// report writes what happened, in the form that the flags ask for.
func report(set settings, chart timeline.Chart, elapsed time.Duration, stdout io.Writer) error {
	if set.svg != "" {
		if err := writeSVG(set.svg, chart); err != nil {
			return err
		}
	}
	switch {
	case set.json:
		for _, l := range chart.Lanes {
			if err := json.NewEncoder(stdout).Encode(l); err != nil {
				return err
			}
		}
		return nil
	case len(chart.Failures()) == 1 && !slices.ContainsFunc(chart.Lanes, func(l timeline.Lane) bool { return l.Served > 0 }):
		return nil // no client was served, and all for one reason, which says more than a picture
	case set.chart:
		if !set.quiet {
			fmt.Fprintln(stdout) // between the log and the chart
		}
		if err := timeline.Text(stdout, timeline.SizeOf(stdout), set.color.Enabled(stdout), chart); err != nil {
			return err
		}
	}
	if set.chart {
		fmt.Fprintln(stdout)
	}
	_, err := fmt.Fprintf(stdout, "elapsed %s\n", console.Duration(elapsed))
	return err
}

func writeSVG(name string, chart timeline.Chart) error {
	f, err := os.Create(name)
	if err == nil {
		err = errors.Join(timeline.SVG(f, "Clients over time", chart), f.Close())
	}
	if err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	return nil
}
