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

// names are the instances' in haproxy.cfg.
var names = [3]string{"one", "two", "three"}

const part = "part4-bounded-accept"

// A fleet is three instances with HAProxy in front of them. Its places must be set. Whoever calls begin calls close.
type fleet struct {
	places int    // of each instance
	config string // a file for HAProxy; "" for the one beside this source
	front  string // where clients connect

	bin        string // what was built
	instances  [3]*process.Server
	proxy      *exec.Cmd
	proxyEnded chan struct{} // closed when it has, and its complaint is complete
	complaint  bytes.Buffer  // what HAProxy says
	statsAddr  string
}

// begin builds the part and starts everything. What it has begun, close ends, also after an error.
func (f *fleet) begin(ctx context.Context) error {
	root, err := process.Root(ctx)
	if err != nil {
		return err
	}
	if f.config == "" {
		f.config = filepath.Join(root, "scripts", "failover", "haproxy.cfg")
	}
	if f.bin, err = os.MkdirTemp("", "concurrent-servers-"); err != nil {
		return err
	}
	if err := process.Build(ctx, f.bin, root, "./"+part); err != nil {
		return err
	}
	for i := range f.instances {
		if err := f.start(ctx, i); err != nil {
			return err
		}
	}
	if err := f.startProxy(); err != nil {
		return err
	}
	_, err = f.stats(ctx) // it runs, and knows all three
	return err
}

// start starts instance i, where it was before if it has run already.
func (f *fleet) start(ctx context.Context, i int) error {
	addr := "127.0.0.1:0"
	if f.instances[i] != nil {
		addr = f.instances[i].Addr
	}
	// One place more than HAProxy fills: it is for the checks.
	s, err := process.Start(ctx, process.Path(f.bin, part), "-quiet", "-addr", addr, "-n", strconv.Itoa(f.places+1))
	if err != nil {
		return fmt.Errorf("instance %s does not start: %w", names[i], err)
	}
	f.instances[i] = s
	return nil
}

// kill ends instance i as a crash would.
func (f *fleet) kill(i int) { f.instances[i].Kill() }

// startProxy starts HAProxy on two listeners that are open already, so that no other program can take their ports and
// nobody has to wait until it listens.
func (f *fleet) startProxy() error {
	front, addr, err := listen()
	if err != nil {
		return err
	}
	defer front.Close()
	stats, statsAddr, err := listen()
	if err != nil {
		return err
	}
	defer stats.Close()
	f.front, f.statsAddr = addr, statsAddr

	f.proxy = f.haproxy(front, stats)
	if err := f.proxy.Start(); err != nil {
		return err
	}
	f.proxyEnded = make(chan struct{})
	go func() {
		f.proxy.Wait()
		close(f.proxyEnded)
	}()
	return nil
}

// haproxy returns the command that runs HAProxy in the foreground, with two listeners that are open already. They
// are its descriptors 3 and 4, after its input, its output and its errors.
func (f *fleet) haproxy(front, stats *os.File) *exec.Cmd {
	cmd := exec.Command("haproxy", "-db", "-f", f.config)
	cmd.Stderr = &f.complaint
	cmd.ExtraFiles = []*os.File{front, stats}
	cmd.Env = append(os.Environ(), "FRONT=fd@3", "STATS=fd@4", "PLACES="+strconv.Itoa(f.places),
		"ONE="+f.instances[0].Addr, "TWO="+f.instances[1].Addr, "THREE="+f.instances[2].Addr)
	return cmd
}

// listen returns a listener as a file, which another process can be given, and its address.
func listen() (file *os.File, addr string, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	defer ln.Close() // the file is a copy
	file, err = ln.(*net.TCPListener).File()
	return file, ln.Addr().String(), err
}

// proxyError is why HAProxy has ended.
func (f *fleet) proxyError() error {
	<-f.proxyEnded
	text := f.complaint.String()
	if _, alert, found := strings.Cut(text, "[ALERT]"); found {
		text, _, _ = strings.Cut(alert, "\n") // the first is the cause of the others
		_, text, _ = strings.Cut(text, " : ") // behind its process number
	}
	return fmt.Errorf("haproxy does not run with %s: %v, %s", f.config, f.proxy.ProcessState, strings.TrimSpace(text))
}

// close ends all that runs and removes what was built.
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
	if f.bin != "" {
		os.RemoveAll(f.bin)
	}
}
