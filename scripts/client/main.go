// Client lets n clients talk to a server at once and draws what happened to each.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

func main() { console.Main(run) }

type settings struct {
	addr           string
	n              int
	pause, stagger time.Duration
	protocol       string
	retry          *client.Retry
	chart          bool
	svg            string
	json, quiet    bool
	paths, words   []string
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
		Retry:    set.retry,
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
	if reasons := chart.Failures(); len(reasons) > 0 {
		return errors.New(strings.Join(reasons, "; "))
	}
	return nil
}

func parse(args []string, stdout io.Writer) (settings, error) {
	var set settings
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	console.CountVar(fs, &set.n, "n", 3, "start this `number` of clients")
	console.DurationVar(fs, &set.pause, "pause", time.Second, 0, time.Hour, "message, words: the `time` after each message")
	console.DurationVar(fs, &set.stagger, "stagger", 0, 0, time.Hour, "the `time` between the arrivals of two clients")
	fs.StringVar(&set.protocol, "protocol", protocol.Names()[0], "speak `name`: "+strings.Join(protocol.Names(), ", "))
	fs.Func("path", "http: request this `path`, repeatable (default "+strings.Join(client.DefaultPaths, ", ")+")", func(path string) error {
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \r\n") {
			return errors.New("want a path that begins with / and has no spaces")
		}
		set.paths = append(set.paths, path)
		return nil
	})
	fs.Func("ask", "words: ask `word`, repeatable (default "+strings.Join(client.DefaultWords, ", ")+")", func(word string) error {
		if strings.ContainsAny(word, " \r\n") || word == "" {
			return errors.New("want one word")
		}
		set.words = append(set.words, word)
		return nil
	})
	retry := fs.String("retry", client.Retries()[0], "retry when refused or not connected, as `name` says: "+strings.Join(client.Retries(), ", "))
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
	if fs.NArg() > 2 {
		return set, console.Usagef("too many arguments (%s): want a host and a port, after all flags", strings.Join(fs.Args(), " "))
	}
	if err := protocol.Check(set.protocol); err != nil {
		return set, console.Usagef("-protocol: %v", err)
	}
	if set.retry, err = client.ParseRetry(*retry); err != nil {
		return set, console.Usagef("-retry: %v", err)
	}
	if len(set.paths) > 0 && set.protocol != "http" {
		return set, console.Usagef("-path %s: want it with -protocol http only", set.paths[0])
	}
	if len(set.words) > 0 && set.protocol != "words" {
		return set, console.Usagef("-ask %s: want it with -protocol words only", set.words[0])
	}
	set.addr, err = address(fs.Args())
	return set, err
}

// address joins the arguments [host [port]] with their defaults. A host is a name or an IP address; one of version 6
// may stand in brackets, as in a URL.
func address(args []string) (string, error) {
	host, port := "127.0.0.1", "9090"
	if len(args) > 0 {
		host = args[0]
	}
	if len(args) > 1 {
		port = args[1]
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if _, err := netip.ParseAddr(inner); err == nil && (inner == host || "["+inner+"]" == host) {
		host = inner
	} else if _, err := strconv.Atoi(host); err == nil || host == "" || strings.ContainsAny(host, ":/[] ") {
		return "", console.Usagef("host %q: want a host, and the port behind it, for example localhost 9191 or ::1 9191", host)
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
		return "", console.Usagef("port %q: want a number from 1 to 65535", port)
	}
	return net.JoinHostPort(host, port), nil
}
