package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/timeline"
)

// threeClients lets three clients at once talk to each of the four parts.
func threeClients(ctx context.Context, args []string, out io.Writer) error {
	var pause time.Duration
	var svg string
	var color console.ColorMode
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.DurationVar(&pause, "pause", 200*time.Millisecond, "the `time` that each client waits between two sendings")
	fs.StringVar(&svg, "svg", "", "write the charts as pictures into this `folder`")
	fs.Var(&color, "color", "`when` to colour the charts: auto, always, never")
	err := console.Parse(fs, args, console.Help{
		Summary:   "Lets three clients at once talk to each of the four parts, and draws them on one scale.",
		Arguments: "",
		Examples:  []string{"three-clients", "three-clients -pause 1s -svg pictures"},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return console.Usagef("three-clients: too many arguments (%v): want flags only", fs.Args())
	}
	if pause < 0 {
		return console.Usagef("-pause %v: want a time, or 0 for none", pause)
	}
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	var charts []timeline.Chart
	var accepted []int
	for _, part := range parts {
		err := b.with(ctx, part, func(server *process.Server) error {
			chart := client.Run{
				Dial:    client.Dial(server.Addr),
				Clients: 3,
				Pause:   pause,
				Log:     slog.New(slog.DiscardHandler),
			}.Do(ctx)
			chart.Title = part
			charts = append(charts, chart)
			accepted = append(accepted, acceptedAtOnce(server.Log()))
			return firstFailure(chart)
		})
		if err != nil {
			return err
		}
	}
	if err := timeline.Text(out, timeline.SizeOf(out), color.Enabled(out), charts...); err != nil {
		return err
	}
	if err := table(out, charts, accepted); err != nil {
		return err
	}
	if svg != "" {
		return pictures(svg, charts)
	}
	return nil
}

func firstFailure(chart timeline.Chart) error {
	for _, l := range chart.Lanes {
		if l.Failure != "" {
			return fmt.Errorf("%s, %s: %s", chart.Title, l.Name, l.Failure)
		}
	}
	return nil
}

func table(out io.Writer, charts []timeline.Chart, accepted []int) error {
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "\npart\taccepted at once\tgreeted at once\ttotal time\twaited most")
	for i, c := range charts {
		fmt.Fprintf(columns, "%s\t%d\t%d\t%s\t%s\n", c.Title, accepted[i], c.AtOnce(),
			console.Duration(c.Duration()), console.Duration(c.LongestWait()))
	}
	return columns.Flush()
}

// pictures writes one picture for each chart and one of all.
func pictures(dir string, charts []timeline.Chart) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	errs := []error{picture(filepath.Join(dir, "three-clients.svg"), "Three clients meet four servers", charts...)}
	for _, c := range charts {
		errs = append(errs, picture(filepath.Join(dir, c.Title+".svg"), "Three clients meet "+c.Title, c))
	}
	return errors.Join(errs...)
}

func picture(name, title string, charts ...timeline.Chart) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("-svg: %w", err)
	}
	return errors.Join(timeline.SVG(f, title, charts...), f.Close())
}
