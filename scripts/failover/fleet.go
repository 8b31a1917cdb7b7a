package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"example.com/concurrent-servers/shared/process"
)

// names are the names of the instances in haproxy.cfg.
var names = [...]string{"one", "two", "three"}

// victim is the instance that is killed.
const victim = 1

const part = "part4-bounded-accept"

// A fleet is three instances with HAProxy in front of them. The caller of begin calls close.
type fleet struct {
	settings
	front string // where clients connect, host:port

	dir        string // holds the program of the instances, and HAProxy's log
	instances  [len(names)]*process.Server
	proxy      *exec.Cmd
	proxyEnded <-chan struct{} // closed when HAProxy has ended and its complaint is complete
	complaint  bytes.Buffer    // what HAProxy prints on standard error
}

// begin builds the part and starts everything. It may leave things running even if it fails.
func (f *fleet) begin(ctx context.Context) error {
	root, err := process.Root(ctx)
	if err != nil {
		return err
	}
	if f.config == "" {
		f.config = filepath.Join(root, "scripts", "failover", "haproxy.cfg")
	}
	if f.dir, err = process.TempDir(); err != nil {
		return err
	}
	if err := process.Build(ctx, f.dir, root, "./"+part); err != nil {
		return err
	}
	for i := range f.instances {
		if err := f.start(ctx, i); err != nil {
			return err
		}
	}
	return f.startProxy()
}

// start starts instance i, at its old address if it has run before.
func (f *fleet) start(ctx context.Context, i int) error {
	addr := "127.0.0.1:0"
	if f.instances[i] != nil {
		addr = f.instances[i].Addr
	}
	// HAProxy fills all places but one, which is for its checks.
	places := strconv.Itoa(f.places + 1)
	s, err := process.Start(ctx, process.Path(f.dir, part), "-quiet", "-addr", addr, "-n", places)
	if err != nil {
		return fmt.Errorf("instance %s does not start: %w", names[i], err)
	}
	f.instances[i] = s
	return nil
}

// logPath returns the path of the file to which HAProxy writes its log.
func (f *fleet) logPath() string { return filepath.Join(f.dir, "haproxy.log") }

// startProxy starts HAProxy on a listener that is open already. So no other program can take the
// port, and a client that comes early waits in the backlog.
func (f *fleet) startProxy() error {
	front, addr, err := listen()
	if err != nil {
		return err
	}
	defer front.Close()
	log, err := os.OpenFile(f.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	f.front, f.proxy = addr, f.haproxy(front, log)
	f.proxyEnded, err = process.Spawn(f.proxy)
	return err
}

// haproxy returns the command that runs HAProxy in the foreground, with a listener that is open
// already. The listener is descriptor 3, after standard input, output and error.
func (f *fleet) haproxy(front, log *os.File) *exec.Cmd {
	cmd := exec.Command("haproxy", "-db", "-f", f.config)
	cmd.Stdout, cmd.Stderr = log, &f.complaint
	cmd.ExtraFiles = []*os.File{front}
	cmd.Env = append(os.Environ(), "FRONT=fd@3", "PLACES="+strconv.Itoa(f.places),
		"ONE="+f.instances[0].Addr, "TWO="+f.instances[1].Addr, "THREE="+f.instances[2].Addr)
	return cmd
}

// listen opens a listener on a free port and returns it as a file, which a child process can
// inherit, and its address.
func listen() (file *os.File, addr string, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	defer ln.Close() // the file is a copy
	file, err = ln.(*net.TCPListener).File()
	return file, ln.Addr().String(), err
}

// probe carries on one conversation to see that HAProxy serves and logs, and clears the log.
func (f *fleet) probe(ctx context.Context) error {
	c := f.converse(ctx)
	if c.failure == "" {
		if err := f.attribute(ctx, []conversation{c}); err != nil {
			return err
		}
		return os.Truncate(f.logPath(), 0)
	}
	f.proxy.Process.Kill()
	if err := f.proxyError(); f.proxy.ProcessState.Exited() {
		return err // it had ended by itself
	}
	return fmt.Errorf("haproxy does not serve with %s: %s", f.config, c.failure)
}

// proxyError waits until HAProxy has ended, and returns why.
func (f *fleet) proxyError() error {
	<-f.proxyEnded
	text := f.complaint.String()
	if _, alert, found := strings.Cut(text, "[ALERT]"); found {
		text, _, _ = strings.Cut(alert, "\n") // the first alert is the cause of the others
		_, text, _ = strings.Cut(text, " : ") // the number of the process stands before
	}
	return fmt.Errorf("haproxy does not run with %s: %v, %s", f.config, f.proxy.ProcessState, strings.TrimSpace(text))
}

// close ends all that runs and removes the folder.
func (f *fleet) close() {
	if f.proxyEnded != nil {
		f.proxy.Process.Kill()
		<-f.proxyEnded
	}
	for _, s := range f.instances {
		if s != nil {
			s.Kill()
		}
	}
	if f.dir != "" {
		os.RemoveAll(f.dir)
	}
}
