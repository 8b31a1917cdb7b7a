package rig

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Programs in other languages than Go, by their sources. The first and the last three are servers, which may stand
// for a part in [Servers.With].
const (
	CThreads      = "scripts/designs/c-threads/server.c"
	CSpammer      = "scripts/designs/c-threads/spammer.c"
	CStarter      = "scripts/designs/c-threads/starter.c"
	PythonPool    = "scripts/designs/python-pool/server.py"
	PythonAsyncio = "scripts/designs/python-asyncio/server.py"
	NodeLoop      = "scripts/designs/node-loop/server.js"
)

// Programs that serve the client at their standard input and output, as inetd starts them, and end at once without one.
const (
	Inetd  = "scripts/designs/inetd"
	CInetd = "scripts/designs/c-inetd/serve.c"
)

// ErrNoTool says that this machine lacks what a program in another language needs.
var ErrNoTool = errors.New("cannot run here")

// foreign reports whether a program is in another language than Go.
func foreign(program string) bool { return filepath.Ext(program) != "" }

// Command returns the command that runs a part, or a program in another language. It builds the
// program first if that has not been done. It returns [ErrNoTool] if the program cannot run on this
// machine.
func (p *programs) Command(ctx context.Context, program string) ([]string, error) {
	switch filepath.Ext(program) {
	case ".c":
		path, err := p.compiled(ctx, program)
		return []string{path}, err
	case ".py":
		return p.interpreted("python3", program)
	case ".js":
		return p.interpreted("node", program)
	}
	path, err := p.path(ctx, program)
	return []string{path}, err
}

// interpreted returns the command that runs a program with an interpreter.
func (p *programs) interpreted(interpreter, source string) ([]string, error) {
	path, err := exec.LookPath(interpreter)
	if err != nil {
		err = fmt.Errorf("%s %w: there is no %s", source, ErrNoTool, interpreter)
	}
	return []string{path, filepath.Join(p.root, source)}, err
}

// compiled returns the path of a program in C.
func (p *programs) compiled(ctx context.Context, source string) (string, error) {
	if runtime.GOOS == "windows" {
		return "", fmt.Errorf("%s %w: Windows has no POSIX threads", source, ErrNoTool)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	path := filepath.Join(p.bin, strings.ReplaceAll(strings.TrimSuffix(source, ".c"), "/", "-"))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	compiler, err := Compiler(ctx)
	if err != nil {
		return "", fmt.Errorf("%s %w: %w", source, ErrNoTool, err)
	}
	p.announce()
	cc := exec.CommandContext(ctx, compiler[0], append(compiler[1:], "-O2", "-pthread", "-o", path, source)...)
	cc.Dir = p.root
	cc.Env = append(os.Environ(), "TMPDIR="+p.bin) // what a killed compiler leaves is removed with bin
	cc.WaitDelay = time.Second
	out, err := cc.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", fmt.Errorf("%s %w: %s: %w\n%s", source, ErrNoTool, compiler[0], err, out)
	}
	return path, nil
}

// Compiler returns the command of the C compiler that Go would use.
func Compiler(ctx context.Context) ([]string, error) {
	env := exec.CommandContext(ctx, "go", "env", "CC")
	env.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	said, _ := env.Output() // without the go command cc may still be there
	command := strings.Fields(cmp.Or(strings.TrimSpace(string(said)), "cc"))
	if _, err := exec.LookPath(command[0]); err != nil {
		return nil, fmt.Errorf("there is no C compiler (%s)", command[0])
	}
	return command, nil
}
