package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

// parts are the four servers, by their folders' names.
var parts = []string{"part1-sequential", "part2-threaded", "part3-pool", "part4-bounded-accept"}

// A bench is the four parts as programs in a folder of their own.
type bench struct{ bin string }

// newBench builds the parts. The caller ends it with close.
func newBench(ctx context.Context) (*bench, error) {
	root, err := process.Root(ctx)
	if err != nil {
		return nil, interruptedOr(ctx, err)
	}
	bin, err := os.MkdirTemp("", "concurrent-servers-")
	if err != nil {
		return nil, err
	}
	b := &bench{bin}
	var packages []string
	for _, part := range parts {
		packages = append(packages, "./"+part)
	}
	if err := process.Build(ctx, bin, root, packages...); err != nil {
		b.close()
		return nil, interruptedOr(ctx, err)
	}
	return b, nil
}

// close removes the programs.
func (b *bench) close() { os.RemoveAll(b.bin) }

// with starts a part on free ports, hands it to use, and stops it whatever use does.
func (b *bench) with(ctx context.Context, part string, use func(*process.Server) error) error {
	server, err := process.Start(process.Path(b.bin, part), "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Kill() // if use panics
	err = use(server)
	if stopErr := server.Stop(); err == nil && stopErr != nil {
		err = fmt.Errorf("stopping: %w", stopErr)
	}
	return interruptedOr(ctx, err)
}

// interruptedOr returns err, or that the person at the keyboard wanted an end, which then is its reason.
func interruptedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return console.ErrInterrupted
	}
	return err
}

// acceptedAtOnce is the largest number of clients that the server had accepted at the same time, by its log.
func acceptedAtOnce(log string) int {
	most, now := 0, 0
	for line := range strings.Lines(log) {
		switch {
		case strings.Contains(line, " accepted "):
			now++
		case strings.Contains(line, " done "), strings.Contains(line, " failed "):
			now--
		}
		most = max(most, now)
	}
	return most
}
