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
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func needHAProxy(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("haproxy is not installed")
	}
}

func TestNoConversationFailsButThoseThatTheKilledInstanceHeld(t *testing.T) {
	t.Parallel()
	needHAProxy(t)
	var out bytes.Buffer
	err := run(t.Context(), strings.Fields("-d 1s -pause 20ms"), &out, io.Discard)
	require.NoError(t, err, out.String())
	assert.Regexp(t, `(?m)^all three again +\d+ +\d+/s +0 `, out.String())
	assert.Regexp(t, `(?m)^instance two +[1-9]\d* +\d+ +\d`, out.String())
	assert.Regexp(t, `(?m)^failed otherwise: 0$`, out.String())
}

// Until a check finds out, the instance that nobody is connected to looks like the one with the most room.
func TestAnInstanceWhoseRefusalsNobodyHeedsTurnsClientsAway(t *testing.T) {
	t.Parallel()
	needHAProxy(t)
	ours, err := os.ReadFile("haproxy.cfg")
	require.NoError(t, err)
	unheeding := regexp.MustCompile(`(?m)^.*observe layer4.*\n`).ReplaceAll(ours, nil)
	require.Less(t, len(unheeding), len(ours))
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	require.NoError(t, os.WriteFile(config, unheeding, 0o600))
	err = run(t.Context(), []string{"-d", "1s", "-pause", "20ms", "-config", config}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "failed that the killed instance did not hold")
}

func TestOnlyWhatWasHeldMayFail(t *testing.T) {
	killed := time.Now()
	at := func(began, ended time.Duration, failure string) conversation {
		return conversation{killed.Add(began), killed.Add(ended), 0, failure}
	}
	held := at(-time.Second, time.Second, "reset")
	for name, test := range map[string]struct {
		conversations []conversation
		want          string // in the error
	}{
		"nobody failed":         {[]conversation{at(-2, -1, ""), at(1, 2, "")}, ""},
		"who was there failed":  {[]conversation{held, held, at(1, 2, "")}, ""},
		"more than it can hold": {[]conversation{held, held, held}, "it held 2 at most"},
		"one before":            {[]conversation{at(-2, -1, "early")}, "early"},
		"one after":             {[]conversation{held, at(1, 2, "late")}, "1 conversation failed that the killed instance did not hold: late"},
	} {
		err := outcome{killed: killed, conversations: test.conversations}.err(2)
		if test.want == "" {
			assert.NoError(t, err, name)
		} else {
			assert.ErrorContains(t, err, test.want, name)
		}
	}
}

func TestAConfigurationThatDoesNotFitIsSaid(t *testing.T) {
	needHAProxy(t)
	for text, want := range map[string]string{
		"nonsense\n": "unknown keyword 'nonsense'",
		"global\n stats socket \"${STATS}\"\nlisten all\n mode tcp\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n bind \"${FRONT}\"\n server one \"${ONE}\"\n": `knows no server "two"`,
	} {
		config := filepath.Join(t.TempDir(), "haproxy.cfg")
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		err := run(t.Context(), []string{"-config", config}, io.Discard, io.Discard)
		assert.ErrorContains(t, err, want)
	}
}

func TestCtrlCEndsAllThatRuns(t *testing.T) {
	needHAProxy(t)
	ctx, interrupt := context.WithCancel(t.Context())
	f, err := newFleet(ctx, 2, "")
	require.NoError(t, err)
	time.AfterFunc(50*time.Millisecond, interrupt)
	_, err = trial(ctx, f, settings{clients: 3, places: 2, phase: time.Minute, pause: time.Millisecond}, console.NewLogger(io.Discard, "", "", true))
	assert.ErrorIs(t, err, context.Canceled)
	f.close()
	assert.NoDirExists(t, f.bin)
	for _, addr := range []string{f.front, f.statsAddr, f.instances[0].Addr, f.instances[1].Addr, f.instances[2].Addr} {
		conn, err := net.Dial("tcp", addr)
		if !assert.Error(t, err, addr) {
			conn.Close()
		}
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"-d 10ms":              "-d 10ms: want a time from 1s to 1m",
		"-d 2s -pause 1s":      "-pause 1s: want a time up to a tenth of -d, 200ms",
		"-pause -1s":           "-pause -1s: want",
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

func TestWithoutHAProxyOneIsToldWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	assert.ErrorContains(t, run(t.Context(), nil, io.Discard, io.Discard), "haproxy is not installed")
}
