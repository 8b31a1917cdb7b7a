package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"go/version"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"example.com/concurrent-servers/scripts/lab/report"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

// A finding is what the doctor says about one thing.
type finding struct{ mark, text string }

// The marks of a finding.
const (
	here    = "✓"
	lacking = "–" // most works without it
	missing = "!"
)

// doctor says whether this machine has what the parts, the tests and the lab need. Run it on every
// laptop before a workshop.
func doctor(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	err := console.Parse(fs, args, console.Help{
		Command:  "doctor",
		Summary:  "Says whether this machine has what the servers, the tests and the lab need, without asking the network.",
		Examples: []string{""},
	}, out)
	if err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return console.Usagef("doctor: unexpected argument %q", fs.Arg(0))
	}
	sick := false
	for _, f := range []finding{goCommand(goEnv(ctx, "GOVERSION")), port("9090"), descriptors(rig.DescriptorLimit()), load(rig.Look(ctx)), modules(ctx), compiler(ctx), python(ctx), node(ctx), haproxy(), backlog()} {
		sick = sick || f.mark == missing
		if _, err := io.WriteString(out, f.mark+strings.TrimPrefix(report.Indented(f.text, 80), " ")); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return console.ErrInterrupted
	case sick:
		return errors.New("something is missing: see ! above")
	}
	return nil
}

// goEnv returns what the go command on the PATH says, which builds the servers. It is not the one
// that built this program if go.mod asks for a newer one.
func goEnv(ctx context.Context, key string) (string, error) {
	env := exec.CommandContext(ctx, "go", "env", key)
	env.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	out, err := env.Output()
	return strings.TrimSpace(string(out)), err
}

// oldestGo is the version that go.work asks for.
const oldestGo = "go1.26.0"

func goCommand(v string, err error) finding {
	switch {
	case err != nil:
		return finding{missing, fmt.Sprintf("Go: the go command does not say its version (%v). Install %s or newer.", err, oldestGo)}
	case version.IsValid(v) && version.Compare(v, oldestGo) < 0:
		return finding{missing, fmt.Sprintf("Go: %s is too old. Install %s or newer.", v, oldestGo)}
	}
	return finding{here, fmt.Sprintf("Go: %s on %s/%s, %d processors", v, runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))}
}

// load says whether other programs leave the lab enough of the machine.
func load(m rig.Machine) finding {
	if m.Busy() {
		return finding{lacking, fmt.Sprintf("processors: other programs use %.1f of %d. Stop them, or the lab often cannot tell.", m.Used, m.Of)}
	}
	return finding{here, "processors: free for the lab"}
}

func port(port string) finding {
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return finding{missing, fmt.Sprintf("port %s: taken (%v). Stop what listens there, or give all commands another port.", port, err)}
	}
	ln.Close()
	return finding{here, "port " + port + ": free"}
}

// How many open files the largest experiments need.
const (
	floodFiles  = 4_200
	threadFiles = 10_300
)

func descriptors(limit int) finding {
	switch {
	case limit == rig.Unknown:
		return finding{here, "open files: no limit that this system would tell"}
	case limit < floodFiles:
		return finding{lacking, fmt.Sprintf("open files: %d for a process; idle-flood wants %d and tries fewer clients (ulimit -n)", limit, floodFiles)}
	case limit < threadFiles:
		return finding{lacking, fmt.Sprintf("open files: %d for a process, enough for all but the end of os-threads, which wants %d (ulimit -n)", limit, threadFiles)}
	}
	return finding{here, fmt.Sprintf("open files: %d for a process", limit)}
}

// modules looks for everything that a build or a test imports. It does not ask the network for what
// is missing.
func modules(ctx context.Context) finding {
	root, err := process.Root(ctx)
	if err != nil {
		return finding{missing, "modules: " + err.Error()}
	}
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-test", "work")
	list.Dir = root
	list.Env = append(os.Environ(), "GOPROXY=off", "GOTOOLCHAIN=local")
	if out, err := list.CombinedOutput(); err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return finding{missing, fmt.Sprintf("modules: not all here. Run go test work once while there is a network. (%s)", first)}
	}
	return finding{here, "modules: all here, so a network is not needed"}
}

func compiler(ctx context.Context) finding {
	cc, err := rig.Compiler(ctx)
	if err != nil {
		return finding{lacking, "C compiler: none, so no race detector (go test -race, go run -race), and no threads of C in the lab. All else works."}
	}
	return finding{here, "C compiler: " + strings.Join(cc, " ") + ", for the race detector and for threads of C in the lab"}
}

func python(ctx context.Context) finding {
	v, err := versionOf(ctx, "python3")
	if err != nil {
		return finding{lacking, "Python: no python3. The lab leaves out its pool of threads in where-they-wait, and asyncio in os-threads."}
	}
	return finding{here, fmt.Sprintf("Python: %s, for its pool of threads in where-they-wait, and for asyncio in os-threads", strings.TrimPrefix(v, "Python "))}
}

func node(ctx context.Context) finding {
	v, err := versionOf(ctx, "node")
	if err != nil {
		return finding{lacking, "Node: no node. The lab leaves out its event loop in os-threads."}
	}
	return finding{here, fmt.Sprintf("Node: %s, for its event loop in os-threads", strings.TrimPrefix(v, "v"))}
}

// versionOf returns what an interpreter says of its version.
func versionOf(ctx context.Context, interpreter string) (string, error) {
	out, err := exec.CommandContext(ctx, interpreter, "--version").CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func haproxy() finding {
	if _, err := exec.LookPath("haproxy"); err != nil {
		return finding{lacking, "HAProxy: none. Only go run ./scripts/failover needs it, in the last chapter."}
	}
	return finding{here, "HAProxy: here, for the last chapter"}
}

func backlog() finding {
	if runtime.GOOS != "linux" {
		return finding{lacking, "backlog, memory and processor time of a server: only Linux tells them. The lab leaves them out here."}
	}
	return finding{here, "backlog, memory and processor time of a server: the lab reads them from /proc"}
}
