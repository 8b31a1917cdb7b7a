// Client lets n clients talk to a server at once and draws what happened to each.
package main

import (
	"context"
	"flag"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process
	os.Exit(console.Exit(os.Stderr, run(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

type settings struct {
	addr           string
	n              int
	pause, stagger time.Duration
	protocol       string
	chart          bool
	svg            string
	json, quiet    bool
	paths, words   list
	color          console.ColorMode
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	set, err := parse(args, stdout)
	if err != nil {
		return err
	}
	start := time.Now()
	chart := client.Run{
		Dial:     client.Dial(set.addr),
		Clients:  set.n,
		Pause:    set.pause,
		Stagger:  set.stagger,
		Protocol: set.protocol,
		Paths:    set.paths,
		Words:    set.words,
		Log:      console.NewLogger(stderr, "", set.color, set.quiet),
	}.Do(ctx)
	if err := report(set, chart, time.Since(start), stdout); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	return failure(chart.Lanes)
}

func parse(args []string, stdout io.Writer) (settings, error) {
	var set settings
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	console.CountVar(fs, &set.n, "n", 3, "start this `number` of clients")
	fs.DurationVar(&set.pause, "pause", time.Second, "message, words: the `time` after each message")
	fs.DurationVar(&set.stagger, "stagger", 0, "the `time` between the arrivals of two clients")
	fs.StringVar(&set.protocol, "protocol", protocol.Names()[0], "speak `name`: "+strings.Join(protocol.Names(), ", "))
	fs.Var(&set.paths, "path", "http: request this `path`, repeatable (default "+strings.Join(client.DefaultPaths, ", ")+")")
	fs.Var(&set.words, "ask", "words: ask `word`, repeatable (default "+strings.Join(client.DefaultWords, ", ")+")")
	fs.BoolVar(&set.chart, "chart", true, "draw the chart; -chart=false for none")
	fs.StringVar(&set.svg, "svg", "", "write the chart as a picture to this `file`")
	fs.BoolVar(&set.json, "json", false, "print one JSON object for each lane instead of the chart")
	fs.BoolVar(&set.quiet, "quiet", false, "log nothing")
	fs.Var(&set.color, "color", "`when` to colour the output: auto, always, never")
	err := console.Parse(fs, args, console.Help{
		Summary:   "Lets n clients talk to a server at once and draws what happened to each.",
		Arguments: "[host [port]]",
		Examples:  []string{"", "-n 5 -stagger 500ms", "-n 2 -svg two.svg localhost 9191", "-protocol http -path '/sleep?d=2s' -path /"},
	}, stdout)
	if err != nil {
		return set, err
	}
	switch {
	case set.pause < 0:
		return set, console.Usagef("-pause %v: want a time, or 0 for none", set.pause)
	case set.stagger < 0:
		return set, console.Usagef("-stagger %v: want a time, or 0 for none", set.stagger)
	case fs.NArg() > 2:
		return set, console.Usagef("too many arguments (%s): want a host and a port, after all flags", strings.Join(fs.Args(), " "))
	}
	if err := protocol.Check(set.protocol); err != nil {
		return set, console.Usagef("-protocol: %v", err)
	}
	if len(set.paths) > 0 && set.protocol != "http" {
		return set, console.Usagef("-path %s: want it with -protocol http only", set.paths[0])
	}
	if len(set.words) > 0 && set.protocol != "words" {
		return set, console.Usagef("-ask %s: want it with -protocol words only", set.words[0])
	}
	for _, path := range set.paths {
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \r\n") {
			return set, console.Usagef("-path %q: want a path that begins with / and has no spaces", path)
		}
	}
	for _, word := range set.words {
		if strings.ContainsAny(word, " \r\n") || word == "" {
			return set, console.Usagef("-ask %q: want one word", word)
		}
	}
	set.addr, err = address(fs.Args())
	return set, err
}

// list is the value of a flag that may be repeated.
type list []string

func (l *list) String() string { return strings.Join(*l, ", ") }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// address joins the arguments [host [port]] with their defaults.
func address(args []string) (string, error) {
	host, port := "127.0.0.1", "9090"
	if len(args) > 0 {
		host = args[0]
	}
	if len(args) > 1 {
		port = args[1]
	}
	_, number := strconv.Atoi(host)
	_, _, hostPort := net.SplitHostPort(host)
	if host == "" || number == nil || hostPort == nil {
		return "", console.Usagef("host %q: want a host, and the port behind it, for example localhost 9191", host)
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
		return "", console.Usagef("port %q: want a number from 1 to 65535", port)
	}
	return net.JoinHostPort(host, port), nil
}
