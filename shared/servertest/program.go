package servertest

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/server"
)

// patience bounds every wait for something that must come. No test waits for it to pass.
const patience = time.Minute

// RunProgram builds the main package in the current directory, which go test sets, and tests the program over real
// TCP, with real signals: what three clients see, and the faults that need sockets, pipes or signals. If the
// promise bounds how many clients are greeted, but not to one, the program must have a flag -n for that bound. The
// program gets args each time, so that a server that refuses can be told to let enough clients wait. It watches for
// data races if the test does.
func RunProgram(t *testing.T, promise Promise, args ...string) {
	p := build(t, ".")
	p.promise, p.args = promise, args
	t.Run("shows three clients what it promises", p.threeClients)
	t.Run("answers clients of any kind", p.anyClient)
	t.Run("survives a port check that goes on and on", p.portCheck)
	t.Run("survives ten thousand resets before the greeting", p.resets)
	t.Run("survives running out of descriptors", p.noDescriptors)
	t.Run("stops by signal", p.signals)
	t.Run("stops although nobody reads its log", p.fullLog)
	t.Run("goes on when the reader of its log is gone", p.goneReader)
	t.Run("serves without standard streams", p.closedStreams)
}

// A program is a part that has been built.
type program struct {
	path    string
	args    []string // before those of a test
	promise Promise
}

// build builds the main package in dir.
func build(t *testing.T, dir string) program {
	if t == nil {
		server.Main(nil) // never: it makes the program's code a part of the test, so that go test caches no old result
	}
	bin := t.TempDir()
	require.NoError(t, process.Build(t.Context(), bin, dir, "."))
	dir, err := filepath.Abs(dir)
	require.NoError(t, err)
	return program{path: process.Path(bin, filepath.Base(dir))}
}

// start runs the program on a free port until the test ends.
func (p program) start(t *testing.T, args ...string) *process.Server {
	t.Helper()
	return p.run(t, p.path, slices.Concat(p.args, []string{"-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0"}, args)...)
}

// exec is the command of a shell that becomes the program, which is $0.
func (p program) exec() string { return `exec "$0" ` + strings.Join(p.args, " ") + " " }

// shell runs a script with the program as $0 until the test ends. The script gives it the flag -debug.
func (p program) shell(t *testing.T, script string) *process.Server {
	t.Helper()
	return p.run(t, "/bin/sh", "-c", script, p.path, "-debug")
}

func (p program) run(t *testing.T, path string, args ...string) *process.Server {
	t.Helper()
	s, err := process.Start(t.Context(), path, args...)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.Kill()
		require.NotContains(t, s.Log(), "DATA RACE")
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.Log())
		}
	})
	return s
}

// ends runs the program to its end.
func (p program) ends(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run() // its status is the result
	require.NoError(t, ctx.Err(), "waited in vain for the end of the program with the arguments %q", args)
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// bound returns the flags that let a program whose strategy has a bound serve n clients at once.
func (p program) bound(n string) []string {
	if p.promise.Greeted == 1 || p.promise.Greeted == All {
		return nil
	}
	return strings.Fields("-n " + n)
}
