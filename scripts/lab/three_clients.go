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
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/timeline"
)

// shortestPause makes a conversation last long enough for others to happen beside it.
const shortestPause = 10 * time.Millisecond

// threeClients lets three clients at once talk to each of the four parts.
func threeClients(ctx context.Context, args []string, out, log io.Writer) error {
	var pause time.Duration
	var svg string
	var color console.ColorMode
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.DurationVar(&pause, "pause", 200*time.Millisecond, "the `time` between two messages of a client")
	fs.StringVar(&svg, "svg", "", "write the charts as pictures into this `folder`")
	fs.Var(&color, "color", "`when` to colour the charts: auto, always, never")
	err := console.Parse(fs, args, console.Help{
		Command:  "three-clients",
		Summary:  "Lets the same three clients talk to each of the four servers, and draws what happened on one scale.",
		Examples: []string{"", "-pause 1s -svg pictures"},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return console.Usagef("three-clients: unexpected argument %q: want flags only", fs.Arg(0))
	}
	if pause < shortestPause {
		return console.Usagef("-pause %v: want at least %v, or the clients would hardly meet", pause, shortestPause)
	}
	if svg != "" {
		if err := os.MkdirAll(svg, 0o755); err != nil {
			return fmt.Errorf("-svg: %w", err)
		}
	}
	progress := console.NewLogger(log, "", color, false)
	progress.Info("building the four servers")
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	var charts []timeline.Chart
	var accepted []int
	for _, part := range parts {
		progress.Info("three clients talk to " + part)
		err := b.with(ctx, part, func(server *process.Server) error {
			chart := client.Run{
				Dial:    client.Dial(server.Addr),
				Clients: 3,
				Pause:   pause,
				Log:     slog.New(slog.DiscardHandler),
			}.Do(ctx)
			accepted = append(accepted, acceptedAtOnce(server.Log()))
			chart.Title = fmt.Sprintf("%s: %d accepted, %d served at a time", part, accepted[len(charts)], chart.AtOnce())
			charts = append(charts, chart)
			return firstFailure(part, chart)
		})
		if err != nil {
			return err
		}
	}
	fmt.Fprintln(out)
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

func firstFailure(part string, chart timeline.Chart) error {
	for _, l := range chart.Lanes {
		if l.Failure != "" {
			return fmt.Errorf("%s, %s: %s", part, l.Name, l.Failure)
		}
	}
	return nil
}

func table(out io.Writer, charts []timeline.Chart, accepted []int) error {
	const row = "%-20s  %16v  %15v  %10v  %11v\n"
	_, err := fmt.Fprintf(out, "\n"+row, "part", "accepted at once", "greeted at once", "total time", "waited most")
	for i, c := range charts {
		if err == nil {
			_, err = fmt.Fprintf(out, row, parts[i], accepted[i], c.AtOnce(),
				console.Duration(c.Duration()), console.Duration(c.LongestWait()))
		}
	}
	return err
}

// pictures writes one picture for each chart and one of all into dir.
func pictures(dir string, charts []timeline.Chart) error {
	errs := []error{picture(filepath.Join(dir, "three-clients.svg"), "Three clients meet four servers", charts...)}
	for i, c := range charts {
		errs = append(errs, picture(filepath.Join(dir, parts[i]+".svg"), "Three clients meet "+parts[i], c))
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
