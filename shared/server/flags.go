package server

import (
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

// settings is the command line, checked.
type settings struct {
	addr      string
	debugAddr string
	protocol  string
	idle      time.Duration
	drain     time.Duration
	osThreads bool
	quiet     bool
	color     console.ColorMode
	corpus    string
}

// parse adds the flags of every part to fs, which may have flags of the part's own, and parses args. Nothing is
// bound yet.
func parse(fs *flag.FlagSet, args []string, out io.Writer) (settings, error) {
	var s settings
	fs.StringVar(&s.addr, "addr", "127.0.0.1:9090", "listen on `host:port`")
	fs.StringVar(&s.protocol, "protocol", protocol.Names()[0], "speak `name`: "+strings.Join(protocol.Names(), ", "))
	fs.StringVar(&s.corpus, "corpus", "", "words: count the words of `file`, at most 16 MiB (default: a built-in text)")
	console.DurationVar(fs, &s.idle, "idle-timeout", 2*time.Minute, 0, 0, "close idle clients after `time`; 0: never")
	console.DurationVar(fs, &s.drain, "drain", 5*time.Second, 0, 24*time.Hour, "give conversations `time` to end when stopped")
	fs.BoolVar(&s.osThreads, "os-threads", false, "lock each conversation to a thread of the operating system")
	fs.StringVar(&s.debugAddr, "debug", "", "serve counters and profiles on loopback `host:port`")
	fs.BoolVar(&s.quiet, "quiet", false, "log no clients, only what goes wrong")
	fs.Var(&s.color, "color", "`when` to colour the log: auto, always, never")
	err := console.Parse(fs, args, console.Help{
		Summary:   console.Name() + " serves clients over TCP until it is told to stop (Ctrl-C).",
		Arguments: "[port]",
		Examples:  []string{"", "9191", "-addr 127.0.0.1:9191 -idle-timeout 10s"},
	}, out)
	if err != nil {
		return s, err
	}
	return s, s.check(fs)
}

func (s *settings) check(fs *flag.FlagSet) error {
	addrGiven := false
	fs.Visit(func(f *flag.Flag) { addrGiven = addrGiven || f.Name == "addr" })
	switch {
	case fs.NArg() > 1:
		return console.Usagef("too many arguments (%s): want at most a port, after all flags", strings.Join(fs.Args(), " "))
	case fs.NArg() == 1 && addrGiven:
		return console.Usagef("the port is given twice: want it as -addr %s or as the argument %s", s.addr, fs.Arg(0))
	case fs.NArg() == 1:
		if err := checkPort(fs.Arg(0)); err != nil {
			return console.Usagef("argument %q: %v", fs.Arg(0), err)
		}
		s.addr = net.JoinHostPort("127.0.0.1", fs.Arg(0))
	}
	if err := checkAddr(s.addr, "127.0.0.1:9090"); err != nil {
		return console.Usagef("-addr %q: %v", s.addr, err)
	}
	if s.debugAddr != "" {
		if err := checkLoopback(s.debugAddr); err != nil {
			return console.Usagef("-debug %q: %v", s.debugAddr, err)
		}
	}
	if err := protocol.Check(s.protocol); err != nil {
		return console.Usagef("-protocol: %v", err)
	}
	if s.corpus != "" && s.protocol != "words" {
		return console.Usagef("-corpus %s: want it with -protocol words only", s.corpus)
	}
	return nil
}

// checkAddr refuses an address that is not host:port. Its error shows the example.
func checkAddr(addr, example string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("want host:port, for example %s", example)
	}
	return checkPort(port)
}

func checkPort(port string) error {
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("want a port from 0 to 65535 (0: any free one)")
	}
	return nil
}

// checkLoopback refuses an address that others could reach: profiles and the stop request are for this machine.
func checkLoopback(addr string) error {
	const example = "127.0.0.1:6060"
	if err := checkAddr(addr, example); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(addr)
	if !isLoopback(host) {
		return fmt.Errorf("want a loopback address, for example %s", example)
	}
	return nil
}

func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// Count defines a flag for a number of workers or slots, from 1 to 100000, and returns the variable for its value.
// A part calls it to initialise a package-level variable, before [Main] parses the flags.
func Count(name string, value int, usage string) *int {
	n := new(int)
	console.CountVar(flag.CommandLine, n, name, value, usage)
	return n
}

// Duration is like [Count], for a time from least to most.
func Duration(name string, value, least, most time.Duration, usage string) *time.Duration {
	d := new(time.Duration)
	console.DurationVar(flag.CommandLine, d, name, value, least, most, usage)
	return d
}
