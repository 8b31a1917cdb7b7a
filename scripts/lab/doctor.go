package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

// A finding is what the doctor has to say about one thing.
type finding struct {
	ok   bool
	need bool // without it, much will not work
	text string
}

// doctor says whether this machine has what the parts, the tests and the lab need. It is what to run on every laptop
// before a workshop.
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
	missing := 0
	for _, f := range []finding{goVersion(), port("9090"), descriptors(), modules(ctx), compiler(ctx), haproxy(), backlog()} {
		mark := "✓"
		switch {
		case !f.ok && f.need:
			mark = "✗"
			missing++
		case !f.ok:
			mark = "–"
		}
		if err := writeAll(out, mark+strings.TrimPrefix(hanging("  ", f.text, 80), " ")); err != nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return console.ErrInterrupted
	case missing > 0:
		return errors.New("something is missing: see ✗ above")
	}
	return nil
}

func goVersion() finding {
	return finding{true, true, fmt.Sprintf("Go: %s on %s/%s, %d processors", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))}
}

func port(port string) finding {
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return finding{false, true, fmt.Sprintf("port %s: taken (%v). Stop what listens there, or give all commands another port.", port, err)}
	}
	ln.Close()
	return finding{true, true, "port " + port + ": free"}
}

// manyClients is how many connections the largest experiments hold.
const manyClients = 10_300

func descriptors() finding {
	limit := rig.DescriptorLimit()
	switch {
	case limit == rig.Unknown:
		return finding{true, true, "open files: no limit that this system would tell"}
	case limit < 2_200:
		return finding{false, true, fmt.Sprintf("open files: %d for a process; idle-flood wants 2200 (ulimit -n)", limit)}
	case limit < manyClients:
		return finding{false, false, fmt.Sprintf("open files: %d for a process, enough for all but the end of os-threads, which wants %d (ulimit -n)", limit, manyClients)}
	}
	return finding{true, true, fmt.Sprintf("open files: %d for a process", limit)}
}

// modules looks for everything that a build or a test imports, and does not ask the network for what is missing.
func modules(ctx context.Context) finding {
	root, err := process.Root(ctx)
	if err != nil {
		return finding{false, true, "modules: " + err.Error()}
	}
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-test", "work")
	list.Dir = root
	list.Env = append(os.Environ(), "GOPROXY=off", "GOTOOLCHAIN=local")
	if out, err := list.CombinedOutput(); err != nil {
		return finding{false, true, fmt.Sprintf("modules: not all here. Run go test work once while there is a network. (%s)", firstLine(string(out)))}
	}
	return finding{true, true, "modules: all here, so a network is not needed"}
}

func haproxy() finding {
	if _, err := exec.LookPath("haproxy"); err != nil {
		return finding{false, false, "HAProxy: none. Only go run ./scripts/failover needs it, in the last chapter."}
	}
	return finding{true, true, "HAProxy: here, for the last chapter"}
}

func compiler(ctx context.Context) finding {
	cc, err := exec.CommandContext(ctx, "go", "env", "CC").Output()
	name := strings.TrimSpace(string(cc))
	if err == nil && name != "" {
		_, err = exec.LookPath(strings.Fields(name)[0])
	}
	if err != nil || name == "" {
		return finding{false, false, "C compiler: none, so no race detector (go test -race, go run -race). All else works."}
	}
	return finding{true, true, "C compiler: " + name + ", for the race detector"}
}

func backlog() finding {
	if runtime.GOOS != "linux" {
		return finding{false, false, "backlog, memory and processor time of a server: only Linux tells them. The lab leaves them out here."}
	}
	return finding{true, true, "backlog, memory and processor time of a server: the lab reads them from /proc"}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
