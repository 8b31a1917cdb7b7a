// Package rig is what experiments are made with: the parts as running programs, their meters, and clients that wait,
// talk or press.
//
//	servers.go    build the parts, start and end them
//	serve.go      a small server of an experiment's own
//	meters.go     what a server has and uses at the moment
//	crowd.go      clients that connect and stay
//	load.go       clients that ask, as fast as they are answered or at a given rate
package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

// The parts, by their folders' names.
const (
	Sequential    = "part1-sequential"
	Threaded      = "part2-threaded"
	Pool          = "part3-pool"
	BoundedAccept = "part4-bounded-accept"
)

// Parts are all four.
var Parts = []string{Sequential, Threaded, Pool, BoundedAccept}

// Racy, behind a part's name, is that part built with the tag racy: its clients count without a lock.
const Racy = "-racy"

// Servers are the parts as programs. They are built when the first one is needed.
type Servers struct {
	*programs
	instead map[string]string // which program runs in the place of which part
}

// programs are what has been built, in a temporary folder.
type programs struct {
	root, bin string
	announce  func()

	mu    sync.Mutex
	built map[string]bool   // by path
	help  map[string]string // of a program, by path
}

// NewServers returns the four parts. It calls announce before it builds them. The caller ends them with
// [Servers.Close].
func NewServers(ctx context.Context, announce func()) (*Servers, error) {
	root, err := process.Root(ctx)
	if err != nil {
		return nil, interruptedOr(ctx, err)
	}
	bin, err := os.MkdirTemp("", "concurrent-servers-")
	if err != nil {
		return nil, err
	}
	p := &programs{root: root, bin: bin, announce: announce, built: make(map[string]bool), help: make(map[string]string)}
	return &Servers{programs: p}, nil
}

// Instead returns the same servers, of which some run in the place of others, under their names: an experiment must
// be able to come out otherwise. A server that runs in another's place is a part, or any other server in a folder
// beside them.
func (s *Servers) Instead(others map[string]string) (*Servers, error) {
	for _, other := range others {
		folder := strings.TrimSuffix(other, Racy)
		if _, err := os.Stat(filepath.Join(s.root, folder, "main.go")); err != nil || !filepath.IsLocal(folder) {
			return nil, fmt.Errorf("no server in %q: want the folder of one, below %s", folder, s.root)
		}
	}
	return &Servers{s.programs, others}, nil
}

// Close removes the programs.
func (p *programs) Close() { os.RemoveAll(p.bin) }

// path returns the path of the program of a part, which it builds if that has not been done; the four parts together.
func (p *programs) path(ctx context.Context, part string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	folder, racy := strings.CutSuffix(part, Racy)
	bin, args := p.bin, []string{"./" + folder}
	switch {
	case racy:
		bin, args = filepath.Join(bin, "racy"), []string{"-tags=racy", "./" + folder}
	case slices.Contains(Parts, folder):
		args = nil
		for _, part := range Parts {
			args = append(args, "./"+part)
		}
	}
	path := process.Path(bin, filepath.Base(folder))
	if p.built[path] {
		return path, nil
	}
	p.announce()
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	if err := process.Build(ctx, bin, p.root, args...); err != nil {
		return "", err
	}
	for _, arg := range args {
		p.built[process.Path(bin, filepath.Base(arg))] = true
	}
	return path, nil
}

// A Server is one that runs, as an experiment sees it.
type Server struct {
	*process.Server
	Part string
}

// With starts a part on free ports, with args added, hands it to use, and ends it whatever use does. The flag -n is
// left out for a program that does not know it, and so is -os-threads. A server that ends by itself is an error.
func (s *Servers) With(ctx context.Context, part string, args []string, use func(*Server) error) error {
	program := part
	if other, ok := s.instead[part]; ok {
		program = other
	}
	path, err := s.path(ctx, program)
	if err != nil {
		return interruptedOr(ctx, err)
	}
	args = append([]string{"-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0"}, s.known(ctx, path, args)...)
	p, err := process.Start(ctx, path, args...)
	if err != nil {
		return interruptedOr(ctx, err)
	}
	defer p.Kill()
	server := &Server{Server: p, Part: part}
	err = use(server)
	switch {
	case ctx.Err() != nil:
		return console.ErrInterrupted
	case err != nil:
		return fmt.Errorf("%s: %w", part, err)
	case strings.Contains(p.Log(), "WARNING: DATA RACE"):
		return fmt.Errorf("%s has a data race:\n%s", part, p.Log())
	}
	select {
	case <-p.Exited():
		return fmt.Errorf("%s ended by itself:\n%s", part, p.Log())
	default:
		return nil
	}
}

// The flags that not every part has, and how many values they take.
var special = map[string]int{"-n": 1, "-os-threads": 0}

// known returns args without those flags that the program, by its own help, does not have.
func (p *programs) known(ctx context.Context, path string, args []string) []string {
	var known []string
	for i := 0; i < len(args); i++ {
		values, mayLack := special[args[i]]
		if mayLack && !p.has(ctx, path, args[i]) {
			i += values
			continue
		}
		known = append(known, args[i])
	}
	return known
}

func (p *programs) has(ctx context.Context, path, flag string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	help, asked := p.help[path]
	if !asked {
		text, err := exec.CommandContext(ctx, path, "-h").Output()
		if err != nil {
			return true // it will say itself what is wrong
		}
		help = string(text)
		p.help[path] = help
	}
	return strings.Contains(help, "\n  "+flag+" ")
}

// interruptedOr returns err, or that the person at the keyboard wanted an end, which then is its reason.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	return err
}
