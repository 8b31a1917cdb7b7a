package servertest

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/server"
)

// What does not depend on the strategy is tested on one part, which has a flag -n: arguments, ports, protocols, and the
// debug endpoint.
func TestEveryCommandIsWellBehaved(t *testing.T) {
	p := build(t, "../../part4-bounded-accept")
	t.Run("stops on request where there are no signals", p.stopRequest)
	t.Run("refuses a port that is in use", p.portBusy)
	t.Run("binds again right after traffic", p.restart)
	t.Run("listens on loopback by default", p.loopback)
	t.Run("refuses bad arguments", p.badArguments)
	t.Run("refuses a corpus that is no text", p.badCorpus)
	t.Run("speaks the other protocols", p.otherProtocols)
	t.Run("explains itself", p.help)
	t.Run("shows its counters to this machine only", p.debugGuards)
	t.Run("closes idle clients", p.idleClients)
	t.Run("gives each conversation a thread if asked", p.osThreads)
}

func (p program) stopRequest(t *testing.T) {
	s := p.start(t, "-drain", longDrain)
	neighbour(t, s.Addr)
	assert.NoError(t, s.Stop())
}

func (p program) portBusy(t *testing.T) {
	s := p.start(t)
	_, port, _ := net.SplitHostPort(s.Addr)
	for _, args := range [][]string{{"-addr", s.Addr}, {port}} {
		status, _, stderr := p.ends(t, args...)
		assert.Equal(t, 1, status, "%q", args)
		assert.Regexp(t, `^\S+: port `+port+` is in use: .*-addr.*\n$`, stderr)
	}
	neighbour(t, s.Addr) // the first instance is none the worse
}

func (p program) restart(t *testing.T) {
	for range 10 {
		s := p.start(t, "-drain", longDrain)
		neighbour(t, s.Addr)
		require.NoError(t, s.Stop())
		again := p.spawn(t, nil, p.path, "-addr", s.Addr)
		if again.listens(t, s.Addr) {
			neighbour(t, s.Addr)
			return
		} // else another program may have taken the port in between
	}
	require.FailNow(t, "cannot listen at an address again, ten times in a row")
}

func (p program) loopback(t *testing.T) {
	_, help, _ := p.ends(t, "-h")
	assert.Regexp(t, `(?m)^  -addr host:port .*\(default 127\.0\.0\.1:9090\)$`, help)
	s := p.run(t, p.path, "-debug", "127.0.0.1:0", "0") // a lone port takes the host of the default
	assert.Regexp(t, `^127\.0\.0\.1:\d+$`, s.Addr)
}

func (p program) badArguments(t *testing.T) {
	for _, line := range []string{
		"99999", "-1", "http", "9090 9091", "9090 -quiet", "-addr 127.0.0.1:9090 9091", "-addr 9090", "-addr 127.0.0.1:99999",
		"-protocol gopher", "-protocol=", "-idle-timeout -1s", "-idle-timeout soon", "-drain -1s", "-drain 25h", "-color red",
		"-debug 0.0.0.0:0", "-debug :0", "-debug x", "-no-such-flag", "-corpus without-words.txt",
		"-n 0", "-n -1", "-n x", "-n 1000000000", "-n 99999999999999999999", "-n 1.5", "-n=",
	} {
		status, stdout, stderr := p.ends(t, strings.Fields(line)...)
		assert.Equal(t, 2, status, line)
		assert.Empty(t, stdout, line)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), "%s: %s", line, stderr)
		assert.NotContains(t, stderr, "listening", line)
	}
}

func (p program) badCorpus(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.txt")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for _, corpus := range []string{p.path, empty, empty + ".missing"} { // a program is no text
		status, _, stderr := p.ends(t, "-protocol", "words", "-corpus", corpus)
		assert.Equal(t, 1, status, corpus)
		assert.Regexp(t, `^\S+: -corpus: .*\n$`, stderr)
	}
}

// otherProtocols lets the project's own client check all that it is answered.
func (p program) otherProtocols(t *testing.T) {
	for protocol, run := range map[string]client.Run{
		"http":  {Paths: []string{"/sleep?d=20ms", "/", "/spin?d=1ms"}},
		"words": {Words: []string{"light", "television", "light"}},
	} {
		s := p.start(t, "-protocol", protocol)
		run.Dial, run.Clients, run.Protocol, run.Log = client.Dial(s.Addr), 6, protocol, slog.New(slog.DiscardHandler)
		assert.Empty(t, run.Do(t.Context()).Failures(), protocol)
	}
}

func (p program) help(t *testing.T) {
	status, stdout, stderr := p.ends(t, "-h")
	assert.Equal(t, 0, status)
	assert.Empty(t, stderr)
	if runtime.GOOS != "windows" {
		assert.Contains(t, stdout, "usage: "+filepath.Base(p.path)+" ")
	}
	for line := range strings.Lines(stdout) {
		assert.LessOrEqual(t, len(line), 81, "a line of help, with its end: %s", line)
	}
}

// debugGuards asks as a page from elsewhere would.
func (p program) debugGuards(t *testing.T) {
	s := p.start(t)
	for _, request := range []struct{ method, path, host, origin string }{
		{http.MethodGet, "/debug/vars", "evil.example", ""},
		{http.MethodPost, "/stop", s.Debug, "http://evil.example"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), request.method, "http://"+s.Debug+request.path, nil)
		require.NoError(t, err)
		r.Host = request.host
		r.Close = true
		if request.origin != "" {
			r.Header.Set("Origin", request.origin)
		}
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		answer.Body.Close()
		assert.Equal(t, http.StatusForbidden, answer.StatusCode, "%+v", request)
	}
	neighbour(t, s.Addr)
}

func (p program) idleClients(t *testing.T) {
	s := p.start(t, "-idle-timeout", "1ms", "-n", "1")
	dial(t, s.Addr)
	waitLog(t, s, "idle for 1ms, and never sent a byte")
	waitFor(t, s, "the idle client to be closed", func(v server.Vars) bool { return v.Failed == 1 })
}

func (p program) osThreads(t *testing.T) {
	const clients = 50
	s := p.start(t, "-os-threads", "-n", "50")
	for range clients {
		greeted1(t, s.Addr, "")
	}
	v, err := s.Vars(t.Context())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, v.Threads, uint64(clients))
}
