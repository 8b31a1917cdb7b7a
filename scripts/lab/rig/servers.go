// Package rig is what experiments are made with: the parts as running programs, their meters, and clients that wait,
// talk or press.
//
//	servers.go    build the parts, start and end them
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
	"regexp"
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

// Servers are the parts as programs, in a temporary folder of their own.
type Servers struct {
	root, bin string
	instead   map[string]string
	takesN    *sync.Map // whether the program at a path has a flag -n, as far as it has been asked
}

// Build builds the four parts. The caller ends it with [Servers.Close].
func Build(ctx context.Context) (*Servers, error) {
	root, err := process.Root(ctx)
	if err != nil {
		return nil, interruptedOr(ctx, err)
	}
	bin, err := os.MkdirTemp("", "concurrent-servers-")
	if err != nil {
		return nil, err
	}
	s := &Servers{root, bin, nil, new(sync.Map)}
	var packages []string
	for _, part := range Parts {
		packages = append(packages, "./"+part)
	}
	if err := process.Build(ctx, bin, root, packages...); err != nil {
		s.Close()
		return nil, interruptedOr(ctx, err)
	}
	return s, nil
}

// Instead returns the same servers, of which some run in the place of others, under their names: an experiment must
// be able to come out otherwise.
func (s *Servers) Instead(others map[string]string) *Servers {
	return &Servers{s.root, s.bin, others, s.takesN}
}

// Close removes the programs.
func (s *Servers) Close() { os.RemoveAll(s.bin) }

// program returns the path of the program that stands for part, which it builds if that has not been done.
func (s *Servers) program(ctx context.Context, part string) (string, error) {
	if other, ok := s.instead[part]; ok {
		part = other
	}
	bin := s.bin
	folder, racy := strings.CutSuffix(part, Racy)
	args := []string{"./" + folder}
	if racy {
		bin = filepath.Join(bin, "racy")
		args = []string{"-tags=racy", "./" + folder}
	}
	path := process.Path(bin, folder)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if info, err := os.Stat(filepath.Join(s.root, folder)); err != nil || !info.IsDir() {
		return "", fmt.Errorf("no folder %s in %s: want a part's name", folder, s.root)
	}
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return "", err
	}
	return path, process.Build(ctx, bin, s.root, args...)
}

// A Server is one that runs, as an experiment sees it.
type Server struct {
	*process.Server
	Part string
}

// With starts a part on free ports, with args added, hands it to use, and ends it whatever use does. The flag -n is
// left out for a program that does not know it. A server that ends by itself is an error.
func (s *Servers) With(ctx context.Context, part string, args []string, use func(*Server) error) error {
	path, err := s.program(ctx, part)
	if err != nil {
		return interruptedOr(ctx, err)
	}
	args = append([]string{"-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0"}, s.known(ctx, path, args)...)
	p, err := process.Start(path, args...)
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

var flagN = regexp.MustCompile(`(?m)^ +-n `)

// known returns args without "-n N" if the program has no such flag, by its own help.
func (s *Servers) known(ctx context.Context, path string, args []string) []string {
	i := slices.Index(args, "-n")
	if i < 0 {
		return args
	}
	takes, asked := s.takesN.Load(path)
	if !asked {
		help, err := exec.CommandContext(ctx, path, "-h").Output()
		takes = err == nil && flagN.Match(help)
		if ctx.Err() == nil {
			s.takesN.Store(path, takes)
		}
	}
	if takes == true {
		return args
	}
	return slices.Delete(slices.Clone(args), i, i+2)
}

// interruptedOr returns err, or that the person at the keyboard wanted an end, which then is its reason.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	return err
}
