package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// report writes what happened as the flags ask for it.
func report(set settings, chart timeline.Chart, elapsed time.Duration, stdout io.Writer) error {
	if set.svg != "" {
		if err := writeSVG(set.svg, chart); err != nil {
			return err
		}
	}
	switch {
	case set.json:
		return printJSON(stdout, chart.Lanes)
	case len(byReason(chart.Lanes)) == 1 && chart.AtOnce() == 0:
		return nil // nobody was served, and all for one reason: that says more than a picture
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
	if err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	if err := errors.Join(timeline.SVG(f, "Clients over time", chart), f.Close()); err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	return nil
}

// printJSON prints one object for each lane.
func printJSON(w io.Writer, lanes []timeline.Lane) error {
	out := json.NewEncoder(w)
	for _, l := range lanes {
		if err := out.Encode(l); err != nil {
			return err
		}
	}
	return nil
}

// failure says in one line which clients failed and why, or is nil if none did.
func failure(lanes []timeline.Lane) error {
	groups := byReason(lanes)
	if len(groups) == 0 {
		return nil
	}
	var reasons []string
	for _, g := range groups {
		names := g.names
		if more := len(names) - 3; more > 0 {
			names = append(names[:3:3], fmt.Sprintf("and %d more", more))
		}
		reasons = append(reasons, strings.Join(names, ", ")+": "+g.reason)
	}
	return errors.New(strings.Join(reasons, "; "))
}

type group struct {
	reason string
	names  []string
}

// byReason gathers the lanes that failed for the same reason.
func byReason(lanes []timeline.Lane) []group {
	var groups []group
	at := make(map[string]int)
	for _, l := range lanes {
		if l.Failure == "" {
			continue
		}
		i, known := at[l.Failure]
		if !known {
			i = len(groups)
			at[l.Failure] = i
			groups = append(groups, group{reason: l.Failure})
		}
		groups[i].names = append(groups[i].names, l.Name)
	}
	return groups
}
