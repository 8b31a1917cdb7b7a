package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/console"
)

// A result is what the tests of an exercise say.
type result struct {
	accepted bool
	output   string
	tested   string // the fingerprint of the files, or nothing if nobody knows which were tested
}

// test runs the tests of an exercise with the command of its lesson, and remembers whether they
// accept the files. It returns an error if the tests can't run, and [console.ErrInterrupted] if ctx
// is done.
func (c course) test(ctx context.Context, name string, command []string) (result, error) {
	before, _ := c.fingerprint(name)
	args := slices.Insert(slices.Clone(command[1:]), 1, "-timeout=30s") // a deadlock is a common answer
	test := exec.CommandContext(ctx, command[0], args...)
	test.Dir = c.root
	interruptible(test)
	test.WaitDelay = 3 * time.Second // the tests may ignore the interrupt
	out, err := test.CombinedOutput()
	if ctx.Err() != nil {
		return result{}, console.ErrInterrupted
	}
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return result{}, err
	}
	r := result{output: string(out)}
	r.accepted = err == nil && !strings.Contains(r.output, "[no test") // go test passes such a package
	if after, err := c.fingerprint(name); err != nil || after != before {
		return r, nil
	}
	r.tested = before
	return r, c.remember(name, r.tested, r.accepted)
}

// detectsRaces reports whether go test -race works here: it needs cgo on most systems.
var detectsRaces = sync.OnceValue(func() bool {
	return exec.Command("go", "list", "-race", "unsafe").Run() == nil
})

// check tests all exercises, and prints a line for each.
func (c course) check(ctx context.Context, log io.Writer) error {
	for _, e := range c.all {
		l, err := c.lesson(e.name)
		if err != nil {
			return err
		}
		r, err := c.test(ctx, e.name, l.command)
		if err != nil {
			return err
		}
		verdict := map[bool]string{true: "solved", false: "open"}[r.accepted]
		fmt.Fprintf(log, "%s: %s\n", e.name, verdict)
	}
	return nil
}
