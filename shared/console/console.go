// Package console is how every command of this project talks to the person in front of it: its flags and
// help, its one-line errors and exit statuses, its colours, and its log lines. Servers, client and lab share
// it, so that a wrong flag, a coloured lane or a line of log looks the same wherever it comes from.
//
// Results go to standard output; logs and errors go to standard error.
package console

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Name is the name of the running command, without the path or the ending that the build gave it.
func Name() string {
	return strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
}

// ErrInterrupted says that the person asked the command to stop. [Exit] prints nothing for it, because the person
// knows.
var ErrInterrupted = errors.New("interrupted")

// A UsageError is a mistake in the command line. Its text says what is wrong and what would be right.
type UsageError struct{ text string }

func (e UsageError) Error() string { return e.text }

// Usagef formats a [UsageError].
func Usagef(format string, args ...any) error {
	return UsageError{fmt.Sprintf(format, args...)}
}

// Exit reports err as one line on w and returns the status to exit with: 0 for nil or [flag.ErrHelp], 2 for a
// [UsageError], 130 for [ErrInterrupted] and 1 for any other.
func Exit(w io.Writer, err error) int {
	var usage UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, ErrInterrupted):
		return 130
	case errors.As(err, &usage):
		fmt.Fprintf(w, "%s: %s (-h for help)\n", Name(), printable(err.Error()))
		return 2
	}
	fmt.Fprintf(w, "%s: %s\n", Name(), printable(err.Error()))
	return 1
}

// Help is what a command prints for -h besides its flags.
type Help struct {
	Command   string   // what follows the program's name, if it has commands of its own
	Summary   string   // what the command does, in a sentence
	Arguments string   // what follows the flags, for example "[port]"
	Examples  []string // what follows the command in an example
}

// Parse parses args into fs. For -h it prints the help on out and returns [flag.ErrHelp]; a wrong flag is a
// [UsageError]. It prints nothing else.
func Parse(fs *flag.FlagSet, args []string, help Help, out io.Writer) error {
	fs.Init(Name(), flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {} // package flag would print twelve lines for one wrong letter
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		printHelp(fs, help, out)
		return err
	}
	if err != nil {
		return UsageError{explain(err.Error())}
	}
	return nil
}

// explain puts what would be right where package flag says only that something is wrong.
func explain(text string) string {
	problem, parse := strings.CutSuffix(text, ": parse error")
	switch {
	case parse && strings.HasPrefix(text, "invalid boolean value"):
		return problem + ": want true or false"
	case parse:
		return problem + ": want a time with its unit, for example 5s or 200ms"
	}
	return strings.Replace(text, "flag provided but not defined:", "there is no flag", 1)
}

// helpWidth is the width of a help text, which may be read anywhere.
const helpWidth = 80

// flagName is a flag as one types it, with the name of its value.
func flagName(f *flag.Flag) string {
	value, _ := flag.UnquoteUsage(f)
	return join("-"+f.Name, value)
}

func printHelp(fs *flag.FlagSet, help Help, out io.Writer) {
	command, flags := join(Name(), help.Command), ""
	fs.VisitAll(func(*flag.Flag) { flags = "[flags]" })
	fmt.Fprintf(out, "%s\n\nusage: %s\n\n", Wrap(help.Summary, helpWidth), join(command, flags, help.Arguments))
	widest := 0
	fs.VisitAll(func(f *flag.Flag) { widest = max(widest, len(flagName(f))) })
	fs.VisitAll(func(f *flag.Flag) {
		_, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			usage += " (default " + f.DefValue + ")"
		}
		indent := "\n" + strings.Repeat(" ", widest+4)
		fmt.Fprintf(out, "  %-*s  %s\n", widest, flagName(f), strings.ReplaceAll(Wrap(usage, helpWidth-widest-4), "\n", indent))
	})
	if flags != "" {
		fmt.Fprintln(out)
	}
	fmt.Fprintln(out, "for example:")
	for _, example := range help.Examples {
		fmt.Fprintf(out, "  %s\n", join(command, example))
	}
}

// CountVar defines a flag for a number of workers, slots or clients, from 1 to 100000. That many goroutines start in
// a moment on any machine. A larger number is more likely a slip than a wish.
func CountVar(fs *flag.FlagSet, p *int, name string, value int, usage string) {
	*p = value
	fs.Var((*count)(p), name, usage)
}

type count int

const maxCount = 100_000

func (c *count) String() string { return strconv.Itoa(int(*c)) }

func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxCount {
		return fmt.Errorf("want a whole number from 1 to %d", maxCount)
	}
	*c = count(n)
	return nil
}

// DurationVar defines a flag for a time from least to most; a most of 0 is no upper bound.
func DurationVar(fs *flag.FlagSet, p *time.Duration, name string, value, least, most time.Duration, usage string) {
	*p = value
	fs.Var(&bounded{p, value, least, most}, name, usage)
}

type bounded struct {
	p                     *time.Duration
	standard, least, most time.Duration
}

func (b *bounded) String() string {
	if b.p == nil { // package flag asks the zero value, to know what need not be printed
		return ""
	}
	return Duration(*b.p)
}

func (b *bounded) Set(s string) error {
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && d >= b.least && (d <= b.most || b.most == 0):
		*b.p = d
		return nil
	case b.most == 0:
		return fmt.Errorf("want a time from %s up, for example %s", Duration(b.least), Duration(b.standard))
	}
	return fmt.Errorf("want a time from %s to %s, for example %s", Duration(b.least), Duration(b.most), Duration(b.standard))
}

// join puts the words that are not empty on one line.
func join(words ...string) string {
	var line []string
	for _, w := range words {
		if w != "" {
			line = append(line, w)
		}
	}
	return strings.Join(line, " ")
}
