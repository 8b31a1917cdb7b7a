// Package process builds the parts and runs them as what they are, programs of their own, for the lab and for
// tests. A server under "go run" would not do: a signal to "go run" does not reach it.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	startPatience = 10 * time.Second       // from exec to the line that says where the server listens
	stopPatience  = 10 * time.Second       // from the stop request to the end; more than the default drain
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

// A Server is a running part. Whoever starts one ends it, with [Server.Stop] or [Server.Kill].
type Server struct {
	Addr  string // where it listens, host:port
	Debug string // its debug endpoint, host:port; "" without -debug
	Cmd   *exec.Cmd

	log    log
	exited chan struct{}
}

// Start runs the program at path and returns once it listens. With -debug among the arguments it also waits
// for that endpoint. A server that ends before is an error, with what it printed.
func Start(path string, args ...string) (*Server, error) {
	s := &Server{Cmd: exec.Command(path, args...), exited: make(chan struct{})}
	s.log.grown = make(chan struct{}, 1)
	s.Cmd.Stderr = &s.log
	if err := s.Cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.Cmd.Wait() // the status is in Cmd.ProcessState
		close(s.exited)
	}()
	err := s.awaitAddresses(slices.Contains(args, "-debug"))
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

func (s *Server) awaitAddresses(debug bool) error {
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
		case <-late:
			return fmt.Errorf("does not listen after %v", startPatience)
		}
	}
}

// Log is all that the server has printed on standard error so far.
func (s *Server) Log() string { return s.log.String() }

// Exited is closed when the process has ended and its log is complete.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop asks the server to stop as a signal would, over its debug endpoint since Windows knows no such signal,
// and waits for its end. The server must have been started with -debug. An exit status other than 0 is an error. A server that does not end is killed.
func (s *Server) Stop() error {
	defer s.Kill()
	client := http.Client{Timeout: stopPatience}
	defer client.CloseIdleConnections()
	answer, err := client.Post("http://"+s.Debug+"/stop", "", nil)
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
