package servertest

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/concurrent-servers/shared/process"
)

func (p program) resets(t *testing.T) {
	s := p.start(t, "-quiet")
	for range 10_000 {
		conn := dial(t, s.Addr)
		conn.SetLinger(0)
		conn.Close()
	}
	p.neighbour(t, s)
}

func (p program) portCheck(t *testing.T) {
	s := p.start(t, "-quiet")
	p.neighbour(t, s)
	waitFor(t, s, "the first client to be gone", func(v vars) bool { return v.Waiting+v.Serving == 0 })
	before := openFiles(s)
	for range 1000 {
		dial(t, s.Addr).Close()
	}
	p.neighbour(t, s)
	waitFor(t, s, "all clients to be gone", func(v vars) bool { return v.Waiting+v.Serving == 0 })
	if after := openFiles(s); after > before {
		t.Errorf("%d descriptors before the port check, %d after", before, after)
	}
	// The workers of a pool, a handful for the debug endpoint, and none for clients that have gone.
	if v := getVars(t, s); v.Goroutines > 20 {
		t.Errorf("%d goroutines with nobody there", v.Goroutines)
	}
}

// noDescriptors runs the server with 64 descriptors and 100 clients.
func (p program) noDescriptors(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no limit on a process's descriptors to lower")
	}
	// With -n 80 the bounded parts, too, want more clients at once than there are descriptors.
	args := "-addr 127.0.0.1:0 -debug 127.0.0.1:0 -idle-timeout 0"
	if p.hasN {
		args += " -n 80"
	}
	s, err := process.Start(t.Context(), "/bin/sh", "-c", `ulimit -n 64 && exec "$0" `+args, p.path, "-debug")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	before := getVars(t, s) // its connection stays open for later, when there is no descriptor for another
	var conns []*net.TCPConn
	for range 100 { // a backlog of 128, as on macOS, has room for them
		conns = append(conns, dial(t, s.Addr))
	}
	if p.hasN || p.promise.Greeted == All {
		waitFor(t, s, "descriptors to run out", func(vars) bool { return strings.Contains(s.Log(), "cannot accept") })
	}
	for _, conn := range conns {
		conn.CloseWrite()
	}
	for i, conn := range conns {
		conn.SetReadDeadline(time.Now().Add(patience))
		if got, err := io.ReadAll(conn); err != nil || string(got) != "*" {
			t.Fatalf("client %d of %d got %q (%v), want a greeting and the end", i, len(conns), got, err)
		}
		conn.Close()
	}
	waitFor(t, s, "all to be served", func(v vars) bool { return v.Served-before.Served == 100 })
	if lines := strings.Count(s.Log(), "cannot accept"); lines > 1 {
		t.Errorf("the log has %d lines about descriptors, want one for the burst", lines)
	}
}
