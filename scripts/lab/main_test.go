package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThreeClientsMeetEachPart(t *testing.T) {
	dir := t.TempDir()
	temp := tempDir(t)
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"three-clients", "-pause", "50ms", "-svg", dir}, &out, io.Discard))
	_, table, found := strings.Cut(out.String(), "waited most\n")
	require.True(t, found, out.String())
	var got []string
	for line := range strings.Lines(table) {
		got = append(got, strings.Join(strings.Fields(line)[:3], " "))
	}
	assert.Equal(t, []string{ // part, accepted at once, greeted at once
		"part1-sequential 1 1",
		"part2-threaded 3 3",
		"part3-pool 3 2",
		"part4-bounded-accept 2 2",
	}, got)
	assert.Equal(t, 1, strings.Count(out.String(), "◆ arrived"), "one drawing, on one scale")
	for _, name := range append(parts, "three-clients") {
		assert.FileExists(t, filepath.Join(dir, name+".svg"))
	}
	assertEmpty(t, temp)
}

// tempDir makes what the lab builds go to a folder of the test's own.
func tempDir(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	return dir
}

func assertEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "concurrent-servers-*"))
	require.NoError(t, err)
	assert.Empty(t, left, "the lab leaves files behind")
}

func TestAnInterruptEndsTheExperimentAndLeavesNothing(t *testing.T) {
	temp := tempDir(t)
	ctx, interrupt := context.WithCancel(t.Context())
	var started string
	b, err := newBench(ctx)
	require.NoError(t, err)
	err = b.with(ctx, "part1-sequential", func(s *process.Server) error {
		started = s.Addr
		interrupt()
		return nil
	})
	assert.ErrorIs(t, err, console.ErrInterrupted)
	b.close()
	assert.NotEmpty(t, started)
	assertEmpty(t, temp)

	_, err = newBench(ctx)
	assert.ErrorIs(t, err, console.ErrInterrupted, "nothing begins after an interrupt")
	assertEmpty(t, temp)
}

// The whole program, with the signal that a terminal sends.
func TestCtrlCGivesThePromptBack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send a child Ctrl-C")
	}
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here to look for what was left running: ", err)
	}
	temp := tempDir(t)
	bin := t.TempDir()
	require.NoError(t, process.Build(t.Context(), bin, ".", "."))
	lab := exec.Command(process.Path(bin, "lab"), "three-clients", "-pause", "1h")
	require.NoError(t, lab.Start())
	defer lab.Process.Kill()
	// Once the first server's program is there and has a client, the experiment is under way.
	server := filepath.Join(temp, "concurrent-servers-*", "part1-sequential")
	require.Eventually(t, func() bool { return running(t, server) }, time.Minute, 10*time.Millisecond)
	require.NoError(t, lab.Process.Signal(os.Interrupt))
	lab.Wait()
	assert.Equal(t, 130, lab.ProcessState.ExitCode())
	assert.False(t, running(t, server), "the server still runs")
	assertEmpty(t, temp)
}

// running says whether a process runs a program whose path matches.
func running(t *testing.T, pattern string) bool {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-ww", "-o", "args=").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		program, _, _ := strings.Cut(line, " ")
		if matched, _ := filepath.Match(pattern, program); matched {
			return true
		}
	}
	return false
}

func TestTheListNamesEachExperimentWithItsClaim(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out, io.Discard))
	for _, e := range experiments() {
		assert.Regexp(t, `(?m)^`+regexp.QuoteMeta(e.name)+` +\S`, out.String())
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"no-such-experiment"}, {"-no-such-flag"}, {"three-clients", "-no-such-flag"},
		{"three-clients", "extra"}, {"three-clients", "-pause", "-1s"}, {"three-clients", "-pause", "0"},
	} {
		var out bytes.Buffer
		assert.ErrorAs(t, run(t.Context(), args, &out, io.Discard), new(console.UsageError), "%q", args)
		assert.Empty(t, out.String())
	}
	for _, args := range [][]string{{"-h"}, {"three-clients", "-h"}} {
		var out bytes.Buffer
		assert.ErrorIs(t, run(t.Context(), args, &out, io.Discard), flag.ErrHelp)
		assert.Contains(t, out.String(), "usage: ")
	}
}
