// Lab runs experiments on the four servers: each starts the real programs, lets clients talk to them, and draws
// what happened.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"example.com/concurrent-servers/shared/console"
)

// An experiment is one thing to try. Its run function parses its own flags, writes results to out, ends by
// itself or when ctx is done, and leaves nothing running. What it is doing it says on log.
type experiment struct {
	name  string
	claim string // what it shows, in a line
	run   func(ctx context.Context, args []string, out, log io.Writer) error
}

// experiments is the list, in the order of the chapters.
func experiments() []experiment {
	return []experiment{
		{"three-clients", "the same three clients meet each server: one at a time, all at once, or two", threeClients},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process
	os.Exit(console.Exit(os.Stderr, run(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	err := console.Parse(fs, args, console.Help{
		Summary:   "Runs experiments on the four servers. Without a name it lists them.",
		Arguments: "[NAME [its flags] | all]",
		Examples:  []string{"", "three-clients", "three-clients -h", "all"},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return list(out)
	}
	name, rest := fs.Arg(0), fs.Args()[1:]
	for _, e := range experiments() {
		if name != e.name && name != "all" {
			continue
		}
		if err := e.run(ctx, rest, out, log); err != nil {
			return err
		}
		if name == e.name {
			return nil
		}
	}
	if name != "all" {
		return console.Usagef("no experiment is called %q: want %s or all", name, strings.Join(names(), ", "))
	}
	return nil
}

func list(out io.Writer) error {
	width := 0
	for _, name := range names() {
		width = max(width, len(name))
	}
	for _, e := range experiments() {
		if _, err := fmt.Fprintf(out, "%-*s  %s\n", width, e.name, e.claim); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "\nRun one by its name, for example: go run ./scripts/lab %s\n", names()[0])
	return err
}

func names() []string {
	var names []string
	for _, e := range experiments() {
		names = append(names, e.name)
	}
	return names
}
