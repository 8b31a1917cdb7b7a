// Package process builds the parts and runs them as what they are, programs of their own, for the lab and for
// tests. A server under "go run" would not do: a signal to "go run" does not reach it.
package process

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"example.com/concurrent-servers/shared/server"
)

const (
	startPatience = 10 * time.Second       // from exec to the line that says where the server listens
	stopPatience  = 10 * time.Second       // from the stop request to the end; more than the default drain
	debugPatience = 10 * time.Second       // for an answer of the debug endpoint of a server that is overloaded
	buildPatience = 500 * time.Millisecond // for what go build has started to end after it
)

// Root returns the workspace's root, which holds go.work and the parts, or an error that says what to do.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOWORK").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOWORK: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if file == "" || file == "off" {
		return "", errors.New("not in the workspace: run this below the folder that holds go.work, and without GOWORK=off")
	}
	return filepath.Dir(file), nil
}

// Build builds the main packages, given as for go build relative to dir, into the folder bin, which must exist. Flags of go build may
// stand before them. The programs watch for data races if this one does.
func Build(ctx context.Context, bin, dir string, packages ...string) error {
	args := []string{"build",
		"-buildvcs=false", // git may not trust a copied folder
		"-ldflags=-s -w",  // nobody debugs these, and they are linked in half the time
		"-o", bin + string(filepath.Separator),
	}
	if WatchingRaces {
		args = append(args, "-race")
	}
	build := exec.CommandContext(ctx, "go", append(args, packages...)...)
	build.Dir = dir
	build.Env = append(os.Environ(), "GOTMPDIR="+bin) // what an interrupted build leaves goes with the programs
	build.WaitDelay = buildPatience
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(packages, " "), err, out)
	}
	return nil
}

// Path is where [Build] puts the program called name.
func Path(bin, name string) string {
	path := filepath.Join(bin, name)
	if os.PathSeparator == '\\' {
		path += ".exe"
	}
	return path
}

// TempDir returns a new folder for what [Build] builds. The caller removes it. A command that was killed could not
// do that, so TempDir also removes the folders of commands that are gone.
func TempDir() (string, error) {
	const prefix = "concurrent-servers-"
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range left {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if number, err := strconv.Atoi(pid); err == nil && gone(number) {
			os.RemoveAll(dir) // it fails if the folder is another user's
		}
	}
	return os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid()))
}

func gone(pid int) bool {
	p, err := os.FindProcess(pid)
	return err != nil || errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// Spawn starts cmd and returns a channel that is closed when the process has ended and cmd.ProcessState is set.
// Where the system can do that, the process is killed when this one ends, even if this one is killed: on Linux
// and FreeBSD. On other systems a command that is killed leaves behind what it has started.
func Spawn(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	dieWithParent(cmd)
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		// To the kernel the parent is the thread that started the process (prctl(2), PR_SET_PDEATHSIG). Go may
		// end a thread, but not while a goroutine is locked to it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() // the status is in cmd.ProcessState
		}
	}()
	return ended, <-started
}

// A Server is a running part. Whoever starts one ends it, with [Server.Stop] or [Server.Kill].
type Server struct {
	Addr  string // where it listens, host:port
	Debug string // its debug endpoint, host:port; "" without -debug
	Cmd   *exec.Cmd

	log    log
	exited <-chan struct{}
	client http.Client // for the debug endpoint
}

// Start runs the program at path and returns once it listens. With -debug among the arguments it also waits
// for that endpoint. It returns an error, with what the program printed, if the program ends before, and
// [context.Cause] if ctx does. Afterwards the server does not depend on ctx. It dies with this process where
// [Spawn] says so.
func Start(ctx context.Context, path string, args ...string) (*Server, error) {
	s := &Server{Cmd: exec.Command(path, args...)}
	s.log.grown = make(chan struct{}, 1)
	s.client = http.Client{Transport: new(http.Transport), Timeout: debugPatience}
	s.Cmd.Stderr = &s.log
	var err error
	if s.exited, err = Spawn(s.Cmd); err != nil {
		return nil, err
	}
	err = s.awaitAddresses(ctx, slices.Contains(args, "-debug"))
	if ctx.Err() != nil {
		s.Kill()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		s.Kill()
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(path), strings.Join(args, " "), err, s.Log())
	}
	return s, nil
}

var (
	listeningLine = regexp.MustCompile(`(?m)listening on (\S+)$`)
	debugLine     = regexp.MustCompile(`(?m)debug on http://([^/\s]+)/`)
)

func (s *Server) awaitAddresses(ctx context.Context, debug bool) error {
	late := time.After(startPatience)
	for {
		if m := listeningLine.FindStringSubmatch(s.Log()); m != nil {
			s.Addr = m[1]
		}
		if m := debugLine.FindStringSubmatch(s.Log()); m != nil {
			s.Debug = m[1]
		}
		if s.Addr != "" && (s.Debug != "" || !debug) {
			return nil
		}
		select {
		case <-s.log.grown:
		case <-s.exited:
			return errors.New("ended before it listened")
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late:
			return fmt.Errorf("does not listen after %v", startPatience)
		}
	}
}

// Log is all that the server has printed on standard error so far.
func (s *Server) Log() string { return s.log.String() }

// Exited is closed when the process has ended and its log is complete.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Vars asks the debug endpoint for the server's counters. The server must have been started with -debug. One
// connection stays open between two calls, so the server keeps a descriptor for it.
func (s *Server) Vars(ctx context.Context) (server.Vars, error) {
	said := struct{ Server server.Vars }{}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Debug+"/debug/vars", nil)
	if err != nil {
		return said.Server, err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return said.Server, fmt.Errorf("asking for the counters: %w", err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		return said.Server, fmt.Errorf("reading the counters: %w", err)
	}
	io.Copy(io.Discard, answer.Body) // or the connection could not be used again
	return said.Server, nil
}

// Stop asks the server to stop as a signal would, and waits for its end. It asks over the debug endpoint, because
// Windows has no such signal, so the server must have been started with -debug. An exit status other than 0 is
// an error. A server that does not end is killed.
func (s *Server) Stop() error {
	defer s.Kill()
	answer, err := s.client.Post("http://"+s.Debug+"/stop", "", nil)
	if err == nil {
		answer.Body.Close()
	}
	select {
	case <-s.exited:
	case <-time.After(stopPatience):
		return fmt.Errorf("%s did not stop within %v (%v)", filepath.Base(s.Cmd.Path), stopPatience, err)
	}
	if status := s.Cmd.ProcessState.ExitCode(); status != 0 {
		return fmt.Errorf("%s ended with status %d:\n%s", filepath.Base(s.Cmd.Path), status, s.Log())
	}
	return nil
}

// Kill ends the process at once, if it is still there, and waits for its end.
func (s *Server) Kill() {
	s.Cmd.Process.Kill() // an error says that it has ended already
	<-s.exited
	s.client.CloseIdleConnections()
}

// log collects what a process prints.
type log struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // gets a token when text grows
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.grown <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
