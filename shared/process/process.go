// Package process builds the parts and runs them as programs of their own, for the lab, for
// failover and for tests. "go run" would not do, because it does not pass on the signals that it
// gets.
package process

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// These times are long enough for a machine that is busy. They are variables for the tests only.
var (
	startPatience = time.Minute // until the server says where it listens
	stopPatience  = time.Minute // until a server that was asked to stop has ended; more than the default drain
)

const debugPatience = time.Minute // until the debug endpoint of an overloaded server answers

// Root returns the folder that holds go.work and the parts. The command must run in that folder or
// below it.
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

// Build builds main packages into the folder bin, which must exist. The packages are given as to go
// build in the folder dir; flags of go build may stand before them. The programs watch for data
// races if this one does. When ctx is done, Build kills the compilers and returns [context.Cause].
// On Windows it kills go build only. Where [Spawn] says so, go build dies with this process.
func Build(ctx context.Context, bin, dir string, packages ...string) error {
	args := []string{"build",
		"-buildvcs=false", // git may not trust a copied folder
		"-ldflags=-s -w",  // nobody debugs these programs, and they are linked in half the time
		"-o", bin + string(filepath.Separator),
	}
	if WatchingRaces {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, packages...)...)
	build.Dir = dir
	build.Env = append(os.Environ(), "GOTMPDIR="+bin) // what a killed build leaves is removed with bin
	inOwnGroup(build)
	var out bytes.Buffer
	build.Stdout, build.Stderr = &out, &out
	build.WaitDelay = time.Second // on Windows the compilers may hold the output open
	exited, err := Spawn(build)
	if err != nil {
		return fmt.Errorf("go build: %w", err)
	}
	select {
	case <-exited:
	case <-ctx.Done():
		killGroup(build.Process)
		<-exited
		awaitGroup(build.Process)
		return context.Cause(ctx)
	}
	if !build.ProcessState.Success() {
		return fmt.Errorf("go build %s: %v\n%s", strings.Join(packages, " "), build.ProcessState, out.String())
	}
	return nil
}

// Path returns where [Build] puts the program called name.
func Path(bin, name string) string {
	path := filepath.Join(bin, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	return path
}

// TempDir makes a new folder for what [Build] builds and returns its path. The caller removes it. A
// command that was killed could not do that, so TempDir also removes the folders of commands that
// are gone.
func TempDir() (string, error) {
	const prefix = "concurrent-servers-" // a process number and a random number follow
	left, _ := fs.Glob(os.DirFS(os.TempDir()), prefix+"*-*")
	for _, name := range left {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, prefix), "-")
		if pid, err := strconv.Atoi(number); err == nil && gone(pid) {
			os.RemoveAll(filepath.Join(os.TempDir(), name)) // fails if the folder belongs to another user
		}
	}
	return os.MkdirTemp("", fmt.Sprintf("%s%d-", prefix, os.Getpid()))
}

// gone reports whether no process has the number pid. A process that this user may not see is not
// gone.
func gone(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil { // only on Windows
		return !errors.Is(err, os.ErrPermission)
	}
	defer p.Release()
	return errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// Spawn starts cmd. It returns a channel that is closed when the process has ended, all that it
// printed has been copied, and cmd.ProcessState is set. On Linux and FreeBSD the process is killed
// when this one ends, even if this one is killed, and Ctrl-C at a terminal does not reach it. Other
// systems have no way to do that: there, a command that is killed leaves behind what it has
// started. Spawn changes cmd.SysProcAttr.
func Spawn(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	dieWithParent(cmd)
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// To the kernel the parent is the thread that started the process (prctl(2),
		// PR_SET_PDEATHSIG). Go may end a thread, but not while a goroutine is locked to it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait() // the status is in cmd.ProcessState
			close(ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return ended, nil
}

// A Server is a running part. The caller of [Start] ends it with [Server.Stop] or [Server.Kill].
type Server struct {
	Addr  string // host:port where it listens
	Debug string // host:port of its debug endpoint; "" without -debug
	Cmd   *exec.Cmd

	log    log
	exited <-chan struct{}
	client http.Client // for the debug endpoint
}

// Start runs the program at path, as [Spawn] does, and returns when it listens. With -debug among
// the arguments it also waits for that endpoint. If the program ends before, the error says what it
// printed. If ctx is done before, Start kills the program and returns [context.Cause]. Afterwards
// the server does not depend on ctx.
func Start(ctx context.Context, path string, args ...string) (*Server, error) {
	return StartWith(ctx, nil, path, args...)
}

// StartWith does what [Start] does, and gives the program some environment variables, as in "NAME=value", beside those
// of this process.
func StartWith(ctx context.Context, env []string, path string, args ...string) (*Server, error) {
	s := &Server{Cmd: exec.Command(path, args...)}
	s.Cmd.Env = append(os.Environ(), env...)
	s.log.grown = make(chan struct{}, 1)
	s.client = http.Client{Transport: new(http.Transport), Timeout: debugPatience}
	s.Cmd.Stderr = &s.log
	var err error
	if s.exited, err = Spawn(s.Cmd); err != nil {
		return nil, err
	}
	late := fmt.Errorf("does not listen after %v", startPatience)
	patient, cancel := context.WithTimeoutCause(ctx, startPatience, late)
	defer cancel()
	err = s.awaitAddresses(patient, slices.Contains(args, "-debug"))
	if err == nil {
		return s, nil
	}
	s.Kill()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(path), strings.Join(args, " "), err, s.Log())
}

// A line is complete when its line feed is there.
var (
	listeningLine = regexp.MustCompile(`listening on (\S+)\r?\n`)
	debugLine     = regexp.MustCompile(`debug on http://([^/\s]+)/\S*\r?\n`)
)

// awaitAddresses waits until the server has logged its addresses, has ended, or ctx is done.
func (s *Server) awaitAddresses(ctx context.Context, debug bool) error {
	err := s.AwaitLog(ctx, func(log string) bool {
		if m := listeningLine.FindStringSubmatch(log); m != nil {
			s.Addr = m[1]
		}
		if m := debugLine.FindStringSubmatch(log); m != nil {
			s.Debug = m[1]
		}
		return s.Addr != "" && (s.Debug != "" || !debug)
	})
	if errors.Is(err, errEnded) {
		return errors.New("ended before it listened")
	}
	return cmp.Or(err, context.Cause(ctx))
}

var errEnded = errors.New("the server has ended")

// AwaitLog waits until enough returns true for the server's log. It returns an error if the server
// ends or ctx is done before. Only one goroutine may call it at a time.
func (s *Server) AwaitLog(ctx context.Context, enough func(log string) bool) error {
	for !enough(s.Log()) {
		select {
		case <-s.log.grown:
		case <-s.exited:
			if enough(s.Log()) { // the last lines may have come while this goroutine waited
				return nil
			}
			return errEnded
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Log returns all that the server has printed on standard error so far.
func (s *Server) Log() string { return s.log.String() }

// Exited returns a channel that is closed when the process has ended and its log is complete.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Vars asks the debug endpoint for the server's counters. The server must have been started with
// -debug. One connection stays open between two calls, so the server keeps a descriptor for it.
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

// Stop asks the server to stop, as a signal would, and waits for its end. It returns an error if
// the exit status is not 0. It kills a server that does not end, and returns an error then too.
// Stop asks over the debug endpoint, because Windows has no such signal, so the server must have
// been started with -debug.
func (s *Server) Stop() error {
	answer, err := s.client.Post("http://"+s.Debug+"/stop", "", nil)
	if err == nil {
		answer.Body.Close()
	}
	late := false
	select {
	case <-s.exited:
	case <-time.After(stopPatience):
		late = true
	}
	s.Kill()
	name, status := filepath.Base(s.Cmd.Path), s.Cmd.ProcessState.ExitCode()
	switch {
	case late && err != nil:
		return fmt.Errorf("asking %s to stop: %w", name, err)
	case late:
		return fmt.Errorf("%s did not stop within %v:\n%s", name, stopPatience, s.Log())
	case status != 0:
		return fmt.Errorf("%s ended with status %d:\n%s", name, status, s.Log())
	}
	return nil
}

// Kill ends the process at once, if it is still there, and waits for its end.
func (s *Server) Kill() {
	s.Cmd.Process.Kill() // an error says that it has ended already
	<-s.exited
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
