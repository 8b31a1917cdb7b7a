package servertest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/server"
)

// patience bounds every wait for something that must come; no test waits for it to pass.
const patience = 20 * time.Second

// RunProgram builds the main package in the current directory, as go test sets it, and tests the program over
// real TCP: that three clients see what the promise says, and the faults and bad input that need real sockets,
// signals or arguments. A flag -n of the program must take a number of workers or slots. The program watches for data races if the test does.
func RunProgram(t *testing.T, promise Promise) {
	if t == nil {
		server.Main(nil) // never; but so the program is part of the test, and a change to it no result from the cache
	}
	bin := t.TempDir()
	if err := process.Build(t.Context(), bin, ".", "."); err != nil {
		t.Fatal(err)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	p := program{path: process.Path(bin, name(dir)), promise: promise}
	_, help, _ := p.run(t, "-h")
	p.hasN = strings.Contains(help, "\n  -n ")
	t.Run("shows three clients what it promises", p.threeClients)
	t.Run("answers clients of any kind", p.anyClient)
	t.Run("survives ten thousand resets before the greeting", p.resets)
	t.Run("survives a port check that goes on and on", p.portCheck)
	t.Run("survives running out of descriptors", p.noDescriptors)
	t.Run("stops by signal", p.signals)
	t.Run("stops on request where there are no signals", p.stopRequest)
	t.Run("refuses a port that is in use", p.portBusy)
	t.Run("binds again right after traffic", p.restart)
	t.Run("listens on loopback by default", p.loopback)
	t.Run("refuses bad arguments", p.badArguments)
	t.Run("refuses a corpus that is no text", p.badCorpus)
	t.Run("speaks the other protocols", p.otherProtocols)
	t.Run("explains itself", p.help)
}

// name is the last element of the package's directory, which is also the program's name.
func name(dir string) string {
	return dir[strings.LastIndexAny(dir, `/\`)+1:]
}

// A program is a part that has been built.
type program struct {
	path    string
	promise Promise
	hasN    bool // it has the flag -n, for workers or slots
}

// start runs the program on a free port until the test ends.
func (p program) start(t *testing.T, args ...string) *process.Server {
	t.Helper()
	s, err := process.Start(t.Context(), p.path, append([]string{"-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0"}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if strings.Contains(s.Log(), "DATA RACE") {
			t.Errorf("data race:\n%s", s.Log())
		}
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.Log())
		}
	})
	return s
}

// run runs the program to its end.
func (p program) run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Run() // its status is the result
	if ctx.Err() != nil {
		t.Fatalf("%v does not end", args)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}
