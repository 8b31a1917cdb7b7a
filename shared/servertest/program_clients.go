package servertest

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/server"
)

// threeClients holds three clients there until the server has done with them all that it promises.
func (p program) threeClients(t *testing.T) {
	s := p.start(t)
	var conns []*net.TCPConn
	for range 3 {
		conns = append(conns, dial(t, s.Addr))
	}
	accepted, served := int64(min(p.promise.Accepted, 3)), int64(min(p.promise.Greeted, 3))
	waitFor(t, s, "as many clients as promised", func(v server.Vars) bool { return v.Accepted >= accepted && v.Serving >= served })
	v, err := s.Vars(t.Context())
	require.NoError(t, err)
	assert.Equal(t, accepted, v.Accepted, "accepted at once")
	assert.Equal(t, served, v.Serving, "served at once")
	for _, conn := range conns { // in the order in which they came
		hangsUp(t, conn, "^abc$", "*bcd")
	}
	waitFor(t, s, "all to be served", func(v server.Vars) bool { return v.Served == 3 })
	eventually(t, "the log to be complete", func() bool { return strings.Count(s.Log(), " done ") == 3 })

	log := s.Log()
	third, firstDone := strings.Index(log, "conn 3 accepted"), strings.Index(log, " done ")
	require.GreaterOrEqual(t, third, 0, "the log does not say when the third client was accepted")
	assert.Less(t, third, strings.Index(log, "conn 3 serving"))
	assert.Equal(t, p.promise.Accepted >= 3, third < firstDone, "the third client is accepted before another one is done")
}

// anyClient talks as other programs do.
func (p program) anyClient(t *testing.T) {
	s := p.start(t, "-quiet")
	for _, pieces := range [][]string{
		{"^abc$de^abte$f"}, strings.Split("^abc$de^abte$f", ""), {"^abcd^ab"}, nil,
	} {
		conn := dial(t, s.Addr)
		for _, piece := range pieces {
			_, err := io.WriteString(conn, piece)
			require.NoError(t, err)
		}
		hangsUp(t, conn, "", "*"+oracle(strings.Join(pieces, ""))) // as nc -q1 does
	}
	chart := client.Run{Dial: client.Dial(s.Addr), Clients: 3, Log: slog.New(slog.DiscardHandler)}.Do(t.Context())
	assert.Empty(t, chart.Failures())
	assert.NotContains(t, s.Log(), "conn ", "with -quiet the log has lines about clients")
}

// portCheck connects and closes at once, again and again.
func (p program) portCheck(t *testing.T) {
	s := p.start(t, "-quiet")
	gone := func(v server.Vars) bool { return v.Waiting+v.Serving == 0 }
	neighbour(t, s.Addr)
	waitFor(t, s, "the first client to be gone", gone)
	before := openFiles(s)
	for range 1000 {
		dial(t, s.Addr).Close()
	}
	neighbour(t, s.Addr)
	waitFor(t, s, "all clients to be gone", gone)
	eventually(t, "all descriptors to be given back", func() bool { return openFiles(s) <= before })
	// The workers of a pool, a handful for the debug endpoint, and none for clients that have gone.
	waitFor(t, s, "all goroutines of clients to end", func(v server.Vars) bool { return v.Goroutines <= 20 })
}

func (p program) resets(t *testing.T) {
	Slow(t)
	s := p.start(t, "-quiet")
	for range 10_000 {
		conn := dial(t, s.Addr)
		conn.SetLinger(0)
		conn.Close()
	}
	neighbour(t, s.Addr)
}

// noDescriptors runs the server with 64 descriptors and 100 clients.
func (p program) noDescriptors(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no limit on a process's descriptors to lower")
	}
	// With -n 80 the bounded parts, too, want more clients at once than there are descriptors.
	args := append(p.bound("80"), "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0", "-idle-timeout", "0")
	s := p.shell(t, `ulimit -n 64 && `+p.exec()+strings.Join(args, " "))
	before, err := s.Vars(t.Context()) // its connection stays open for later, when there is no descriptor for another
	require.NoError(t, err)
	var conns []*net.TCPConn
	for range 100 { // a backlog of 128, as on macOS, has room for them
		conns = append(conns, dial(t, s.Addr))
	}
	if p.promise.Greeted != 1 {
		waitLog(t, s, "cannot accept")
	}
	for _, conn := range conns {
		conn.CloseWrite()
	}
	for i, conn := range conns {
		got, err := io.ReadAll(conn)
		require.NoError(t, err, "client %d of %d", i, len(conns))
		require.Equal(t, "*", string(got))
		conn.Close()
	}
	waitFor(t, s, "all to be served", func(v server.Vars) bool { return v.Served-before.Served == 100 })
	assert.LessOrEqual(t, strings.Count(s.Log(), "cannot accept"), 1, "lines about descriptors for one burst")
}
