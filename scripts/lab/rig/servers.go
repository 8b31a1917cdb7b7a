// Package rig is what experiments are made with: the parts as running programs, their meters, and
// clients that wait, talk or press.
//
//	servers.go    builds the parts, starts and ends them
//	foreign.go    the same for programs in other languages
//	spammer.go    threads that sleep in a loop
//	idle.go       processes that each hold a client
//	serve.go      a small server of an experiment's own
//	meters.go     what a server has and uses at the moment
//	crowd.go      clients that connect and stay
//	ask.go        one client that asks, and how that may end
//	press.go      clients that ask, as fast as they are answered or at a given pace
//	load.go       what they got
//	accepted.go   when a server accepted a client, by its log
//	machine.go    what the lab runs on
package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/process"
)

// The parts, by the names of their folders.
const (
	Sequential    = "part1-sequential"
	Threaded      = "part2-threaded"
	Pool          = "part3-pool"
	BoundedAccept = "part4-bounded-accept"
)

// Parts are all four.
var Parts = []string{Sequential, Threaded, Pool, BoundedAccept}

// Designs that shed load, by their folders.
const (
	Refusing = "scripts/designs/refusing"
	Shedding = "scripts/designs/shedding"
)

// Designs are both.
var Designs = []string{Refusing, Shedding}

// together are the programs that are built with one command.
var together = slices.Concat(Parts, Designs)

// Racy, behind the name of a part, is that part built with the tag racy: it counts without a lock.
const Racy = "-racy"

// Servers are the parts as programs. They are built when the first one is needed.
type Servers struct {
	*programs
	instead map[string]string // which program runs in the place of which part
	env     []string          // of the servers, beside that of this process
}

// programs are what has been built, in a temporary folder.
type programs struct {
	root, bin string
	announce  func()
	mu        sync.Mutex // lets one goroutine build at a time
	flags     sync.Map   // whether a program has a flag, as far as somebody asked
}

// NewServers returns the four parts. They call announce before something is built. The caller ends
// them with Close.
func NewServers(ctx context.Context, announce func()) (*Servers, error) {
	root, err := process.Root(ctx)
	if err != nil {
		return nil, err
	}
	bin, err := process.TempDir()
	if err != nil {
		return nil, err
	}
	return &Servers{programs: &programs{root: root, bin: bin, announce: announce}}, nil
}

// Instead returns servers that share what has been built, and of which others run in the places of
// parts: an experiment must be able to come out otherwise. The keys are parts; a value is a part
// or any other folder below the root that holds a server. In the place of a server in another
// language runs another one, by its source.
func (s *Servers) Instead(others map[string]string) (*Servers, error) {
	for part, other := range others {
		if foreign(part) && foreign(other) {
			continue
		}
		folder := strings.TrimSuffix(other, Racy)
		if _, err := os.Stat(filepath.Join(s.root, folder, "main.go")); err != nil || !filepath.IsLocal(folder) {
			return nil, fmt.Errorf("no server in %q: want the folder of one, below %s", folder, s.root)
		}
	}
	return &Servers{s.programs, others, s.env}, nil
}

// On returns the same servers, each of which computes on so many processors at most, if it is in Go.
func (s *Servers) On(processors int) *Servers {
	return &Servers{s.programs, s.instead, []string{fmt.Sprint("GOMAXPROCS=", processors)}}
}

// Close removes the programs.
func (p *programs) Close() { os.RemoveAll(p.bin) }

// Build builds the parts, the designs, and what runs in their places, if that has not been done.
// Without it each is built when it is needed, which would take up the time of an experiment.
func (s *Servers) Build(ctx context.Context) error {
	for _, program := range append(slices.Collect(maps.Values(s.instead)), Sequential) {
		if _, err := s.Command(ctx, program); err != nil {
			return err
		}
	}
	return nil
}

// path returns the path of a program. It builds the program first if that has not been done. It
// builds the parts and the designs together, which takes half as long as one after the other.
func (p *programs) path(ctx context.Context, program string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	folder, racy := strings.CutSuffix(program, Racy)
	bin, args := filepath.Join(p.bin, program), []string{"./" + folder}
	switch {
	case racy:
		args = []string{"-tags=racy", "./" + folder}
	case slices.Contains(together, program):
		bin, args = filepath.Join(p.bin, "parts"), nil
		for _, program := range together {
			args = append(args, "./"+program)
		}
	}
	path := process.Path(bin, filepath.Base(folder))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	p.announce()
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	return path, process.Build(ctx, bin, p.root, args...)
}

// A Server is a running server, as an experiment sees it.
type Server struct {
	*process.Server
	Part string
	Name string // the part, or PART=OTHER if another program runs in its place
}

// Label returns text for a row about s, with the server's name behind it if another program runs in
// the part's place.
func (s *Server) Label(text string) string {
	if s.Name == Name(s.Part) {
		return text
	}
	return text + ", " + s.Name
}

// N returns the flag for n workers or slots. [Servers.With] leaves it out for a program without that
// flag, as it does with [Q] and [Target].
func N(n int) string { return fmt.Sprint(nFlag, n) }

// Q returns the flag of a design for how many clients may wait.
func Q(n int) string { return fmt.Sprint(qFlag, n) }

// Target returns the flag of a design for how long a client may wait.
func Target(d time.Duration) string { return fmt.Sprint(targetFlag, d) }

const nFlag, qFlag, targetFlag = "-n=", "-q=", "-target="

// valid has a value for each of these flags that every program with the flag accepts.
var valid = map[string]string{nFlag: "1", qFlag: "1", targetFlag: "1s"}

// without returns args without the flags of [N], [Q] and [Target] that the command does not have.
func (p *programs) without(ctx context.Context, command, args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		flag := arg[:strings.Index(arg, "=")+1]
		value, optional := valid[flag]
		if !optional {
			return false
		}
		program := strings.Join(command, " ") + flag
		has, known := p.flags.Load(program)
		if !known {
			// A command exits with status 2 for a flag that it does not have, and with 0 after -h.
			has = exec.CommandContext(ctx, command[0], slices.Concat(command[1:], []string{flag + value, "-h"})...).Run() == nil
			if ctx.Err() == nil {
				p.flags.Store(program, has)
			}
		}
		return has != true
	})
}

// ErrEnded says that a server ended by itself while an experiment used it.
var ErrEnded = errors.New("it ended by itself")

// With starts a part, or a server in another language, on free ports, with args added, calls use with
// it, and ends it whatever use does. A server in another language has no counters, and of args it gets
// only [N]. With returns [ErrEnded] if the server ended by itself, and an error if it reports a data
// race. When ctx is done, With returns an error as soon as use returns.
func (s *Servers) With(ctx context.Context, part string, args []string, use func(*Server) error) error {
	program := cmp.Or(s.instead[part], part)
	command, err := s.Command(ctx, program)
	if err != nil {
		return err
	}
	if foreign(program) {
		args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return !strings.HasPrefix(arg, nFlag) })
	}
	args = s.without(ctx, command, args)
	if foreign(program) {
		args = append(args, "0")
	} else {
		args = append([]string{"-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0"}, args...)
	}
	p, err := process.StartWith(ctx, s.env, command[0], slices.Concat(command[1:], args)...)
	if err != nil {
		return err
	}
	server := &Server{Server: p, Part: part, Name: Name(part)}
	if program != part {
		server.Name += "=" + Name(program)
	}
	return lend(ctx, server, use)
}

// Name returns how a program is called in a table: by its folder.
func Name(program string) string {
	if foreign(program) {
		return filepath.Base(filepath.Dir(program))
	}
	return strings.TrimPrefix(program, "scripts/designs/")
}

// endPatience is how long the end of a process may take after that of its connections. The tests change it.
var endPatience = 500 * time.Millisecond

// awaitEnd waits for the end of a server that may just be ending. Clients see that before this process hears of it.
func (s *Server) awaitEnd(ctx context.Context) {
	select {
	case <-s.Exited():
	case <-ctx.Done():
	case <-time.After(endPatience):
	}
}

// lend calls use with a server that has started, and ends it.
func lend(ctx context.Context, s *Server, use func(*Server) error) error {
	defer s.Kill()
	err := use(s)
	if err != nil {
		s.awaitEnd(ctx)
	}
	select {
	case <-s.Exited():
		if ctx.Err() == nil {
			err = errors.Join(ErrEnded, err, errors.New(s.Log()))
		}
	default:
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case strings.Contains(s.Log(), "WARNING: DATA RACE"):
		return fmt.Errorf("%s has a data race:\n%s", s.Name, s.Log())
	case err != nil:
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}
