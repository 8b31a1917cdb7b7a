package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/servertest"
)

// TestMain is also the program haproxy where a test puts a link to this program on the PATH. That
// one serves nobody.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "haproxy" {
		time.Sleep(10 * time.Minute) // longer than a test waits
		return
	}
	goleak.VerifyTestMain(m)
}

// useStub puts an haproxy on the PATH that runs and serves nobody.
func useStub(t *testing.T) {
	t.Helper()
	path, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	if err := os.Symlink(path, filepath.Join(dir, "haproxy")); err != nil {
		t.Skip("no links here: ", err)
	}
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
}

func needHAProxy(t *testing.T) {
	t.Helper()
	servertest.Slow(t)
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("haproxy is not installed")
	}
}

func TestNoConversationFailsButThoseThatTheKilledInstanceHeld(t *testing.T) {
	needHAProxy(t)
	t.Parallel() // most of it is waiting
	var out bytes.Buffer
	err := run(t.Context(), strings.Fields("-d 1s -pause 20ms"), &out, io.Discard)
	assert.NoError(t, err)
	assertSameTotals(t, out.String())
}

// Until a check finds out, the instance to which no client is connected looks like the one with the
// most room.
func TestWithoutMarkDownADeadInstanceTurnsClientsAway(t *testing.T) {
	needHAProxy(t)
	t.Parallel()
	ours, err := os.ReadFile("haproxy.cfg")
	require.NoError(t, err)
	without := regexp.MustCompile(`(?m)^.*observe layer4.*\n`).ReplaceAll(ours, nil)
	require.Less(t, len(without), len(ours))
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	require.NoError(t, os.WriteFile(config, without, 0o600))
	var out bytes.Buffer
	err = run(t.Context(), []string{"-d", "1s", "-pause", "20ms", "-config", config}, &out, io.Discard)
	assert.ErrorContains(t, err, "failed that the killed instance did not hold")
	assertSameTotals(t, out.String())
}

func TestAConfigurationThatDoesNotFitIsSaid(t *testing.T) {
	needHAProxy(t)
	defer func(was time.Duration) { logPatience = was }(logPatience)
	logPatience = time.Millisecond
	const unlogged = "listen all\n mode tcp\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n bind \"${FRONT}\"\n"
	for text, want := range map[string]string{
		"nonsense\n":                           "unknown keyword 'nonsense'",
		unlogged + " server two \"${TWO}\"\n":  `want "nbthread 1", "log stdout format raw local0" and "option tcplog" in `,
		unlogged + " server two 127.0.0.1:1\n": "haproxy does not serve with ",
	} {
		config := filepath.Join(t.TempDir(), "haproxy.cfg")
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		var out bytes.Buffer
		err := run(t.Context(), []string{"-config", config}, &out, io.Discard)
		assert.ErrorContains(t, err, want)
		assert.Empty(t, out.String())
	}
}

// onLine calls does when a line with word in it is logged.
type onLine struct {
	word string
	does func()
}

func (o onLine) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(o.word)) {
		o.does()
	}
	return len(line), nil
}

// disturb tries a fleet, does something when a line is logged, and asserts that nothing is left of
// the fleet.
func disturb(t *testing.T, ctx context.Context, word string, does func(*fleet)) error {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	f := &fleet{settings: settings{clients: 3, places: 2, phase: 100 * time.Millisecond, pause: time.Millisecond}}
	disturbed := false
	log := console.NewLogger(onLine{word, func() { disturbed = true; does(f) }}, "", "", false)
	_, err := try(ctx, f, log)
	require.True(t, disturbed, "no line says %q: %v", word, err)
	addresses := []string{f.front}
	for _, s := range f.instances {
		if s != nil {
			addresses = append(addresses, s.Addr)
		}
	}
	for _, addr := range addresses {
		if conn, err := net.Dial("tcp", addr); !assert.Error(t, err, "%s: somebody listens at %s", word, addr) {
			conn.Close()
		}
	}
	left, readErr := os.ReadDir(temp)
	require.NoError(t, readErr)
	assert.Empty(t, left, word)
	return err
}

func TestAnInterruptEndsAllThatRunsAtAnyMoment(t *testing.T) {
	needHAProxy(t)
	for _, moment := range []string{"building", "clients talk", "killed", "started instance"} {
		ctx, interrupt := context.WithCancel(t.Context())
		assert.ErrorIs(t, disturb(t, ctx, moment, func(*fleet) { interrupt() }), context.Canceled, moment)
	}
}

func TestAnInterruptIsNoErrorToReport(t *testing.T) {
	useStub(t)
	ctx, interrupt := context.WithCancel(t.Context())
	err := run(ctx, nil, io.Discard, onLine{"building", interrupt})
	assert.ErrorIs(t, err, console.ErrInterrupted)
}

func TestTheEndOfHAProxyIsNoticedAtOnce(t *testing.T) {
	needHAProxy(t)
	err := disturb(t, t.Context(), "clients talk", func(f *fleet) { f.proxy.Process.Kill() })
	assert.ErrorContains(t, err, "haproxy does not run with ")
	assert.ErrorContains(t, err, "signal: killed")
}

func TestAPortThatIsTakenMeanwhileIsSaid(t *testing.T) {
	servertest.Slow(t)
	useStub(t)
	f := &fleet{settings: settings{places: 2}}
	defer f.close()
	require.NoError(t, f.begin(t.Context()))
	f.instances[victim].Kill()
	ln, err := net.Listen("tcp", f.instances[victim].Addr)
	require.NoError(t, err)
	defer ln.Close()
	err = f.start(t.Context(), victim)
	assert.ErrorContains(t, err, "instance two does not start: ")
	assert.ErrorContains(t, err, "is in use")
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"-d 10ms":              "want a time from 1s to 1m, for example 3s",
		"-d 2s -pause 1s":      "-pause 1s: want at most a tenth of -d, 200ms",
		"-pause -1s":           "want a time from 1ms to 6s",
		"-clients 1000":        "-clients 1000: want fewer",
		"-config nowhere.cfg":  "nowhere.cfg",
		"-n 0":                 "-n",
		"more":                 "too many arguments (more)",
		"-clients many":        "-clients",
		"-color sometimes":     "-color",
		"-config x y -d 5s -x": "too many arguments (y)",
	} {
		err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard)
		var usage console.UsageError
		assert.ErrorAs(t, err, &usage, line)
		assert.ErrorContains(t, err, want, line)
	}
}

// HAProxy gives up a line of its log when another of its threads is writing one. That happens too
// rarely for a trial to show it.
func TestHAProxyHasOneThreadSoThatItLosesNoLineOfItsLog(t *testing.T) {
	config, err := os.ReadFile("haproxy.cfg")
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^global\n +nbthread 1 `, string(config))
}

// Two instances with two places each serve four clients at a time. A conversation takes 2.2 pauses.
func TestClientsMustNotWaitLongerThanHAProxyLetsThem(t *testing.T) {
	assert.Equal(t, 1100*time.Millisecond, settings{clients: 20, places: 2, pause: 100 * time.Millisecond}.longestWait())
	config, err := os.ReadFile("haproxy.cfg")
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^ +timeout queue +`+queueTimeout.String()+` `, string(config))
}

func TestWithoutHAProxyAUserIsToldWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	assert.ErrorContains(t, run(t.Context(), nil, io.Discard, io.Discard), "haproxy is not installed")
}
