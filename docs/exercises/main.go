// Exercises is the companion for the exercises of the book. It lists them, runs the tests of one
// whenever its file is saved, unfolds its hints, explains its solution, and remembers what is solved.
//
//	main.go      the command line
//	exercise.go  reads the table of all exercises and the README of each
//	text.go      shows Markdown in a terminal
//	list.go      draws the list
//	state.go     remembers what is solved
//	run.go       runs the tests
//	stop_*.go    stops tests that run
//	session.go   leads the learner from one exercise to the next
//	attempt.go   works on one exercise with the learner
//	screen.go    shows a result
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"example.com/concurrent-servers/shared/console"
)

func main() { console.Main(run) }

type settings struct {
	name        string // an exercise, next, or nothing
	once, check bool
	color       console.ColorMode
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, err := parse(args, stdout)
	if err != nil {
		return err
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	c, err := open(dir)
	if err != nil {
		return err
	}
	s := &session{course: c, out: stdout, color: set.color.Enabled(stdout)}
	if set.check {
		if err := c.check(ctx, stderr); err != nil {
			return err
		}
	}
	name, err := c.find(set.name)
	switch {
	case err != nil:
		return err
	case name == "":
		return c.list(stdout, s.color)
	case set.once:
		return s.once(ctx, name)
	case !term.IsTerminal(int(os.Stdin.Fd())):
		fmt.Fprintln(stderr, "standard input is no terminal: testing once")
		return s.once(ctx, name)
	}
	if console.Interactive(stdout) {
		s.clear = clearScreen
		s.size = func() (int, int, error) { return term.GetSize(int(os.Stdout.Fd())) }
	}
	return s.learn(ctx, name, lines(os.Stdin))
}

func parse(args []string, stdout io.Writer) (settings, error) {
	var set settings
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.BoolVar(&set.once, "once", false, "run the tests of NAME once, as without a terminal; exit with 0 if it is solved, or 1")
	fs.BoolVar(&set.check, "check", false, "run the tests of all exercises, then list them")
	fs.Var(&set.color, "color", "`when` to colour the output: auto, always, never")
	err := console.Parse(fs, args, console.Help{
		Summary: "Lists the exercises of the book. With the name of an exercise, or next for the first " +
			"that is not solved, it shows the task and runs the tests each time you save the file. " +
			"They look for data races too, where the go command can.",
		Arguments: "[NAME | next]",
		Examples:  []string{"", "next", "decoder", "-once decoder", "-check"},
	}, stdout)
	set.name = fs.Arg(0)
	switch {
	case err != nil:
		return set, err
	case fs.NArg() > 1:
		return set, console.Usagef("too many arguments (%s): want one exercise, after all flags", strings.Join(fs.Args(), " "))
	case set.check && (set.once || set.name != ""):
		return set, console.Usagef("-check tests all exercises: want nothing beside it")
	case set.once && set.name == "":
		return set, console.Usagef("-once: want an exercise, for example -once next")
	}
	return set, nil
}

// find returns the name of the exercise that an argument means. For next it returns an empty name if
// all are solved.
func (c course) find(name string) (string, error) {
	known := slices.ContainsFunc(c.all, func(e exercise) bool { return e.name == name })
	switch {
	case name == "next":
		return c.next()
	case name != "" && !known:
		return "", console.Usagef("there is no exercise %q: go run ./%s lists them", name, folder)
	}
	return name, nil
}
