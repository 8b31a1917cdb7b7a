package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnExperimentIsDrawnAndJudged(t *testing.T) {
	dir := t.TempDir()
	temp := tempDir(t)
	var out, log bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"three-clients", "-pause", "50ms", "-svg", dir}, &out, &log))
	assert.Equal(t, 1, strings.Count(out.String(), "◆ arrived"), "one drawing, on one scale")
	assert.Regexp(t, `(?m)^part4-bounded-accept +2 +2 `, out.String())
	assert.Equal(t, 4, strings.Count(out.String(), "✓ holds: "))
	assert.Contains(t, log.String(), "three-clients 4/4: three clients talk to part4-bounded-accept")
	narrow(t, out.String())
	for _, name := range []string{"three-clients", "three-clients-part1-sequential", "three-clients-part4-bounded-accept"} {
		assert.FileExists(t, filepath.Join(dir, name+".svg"))
	}
	assertEmpty(t, temp)
}

// narrow says that nothing is wider than a terminal that is 80 columns wide.
func narrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, line)
	}
}

func TestAnotherServerMayStandInAPartsPlace(t *testing.T) {
	var out bytes.Buffer
	args := []string{"where-they-wait", "-clients", "10", "-replace", "part4-bounded-accept=part2-threaded"}
	require.NoError(t, run(t.Context(), args, &out, io.Discard))
	assert.Contains(t, out.String(), "✗ does not hold here: a server that takes a slot before it accepts does block")
	assert.Contains(t, out.String(), "part4-bounded-accept=part2-threaded  ███", "a drawing does not hide who was there")
}

func TestJSONIsAnObjectOnEachLine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"where-they-wait", "-clients", "5", "-json"}, &out, io.Discard))
	kinds := make(map[string]int)
	for line := range strings.Lines(out.String()) {
		var event map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &event), line)
		assert.Equal(t, "where-they-wait", event["experiment"])
		kind := event["event"].(string)
		assert.Contains(t, event, kind)
		kinds[kind]++
	}
	assert.Equal(t, map[string]int{"step": 4, "reading": 8, "row": 4, "verdict": 2}, kinds)
}

// brokenPipe is an output whose reader has gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestWhenNobodyReadsTheLabEnds(t *testing.T) {
	temp := tempDir(t)
	for _, args := range [][]string{{"three-clients", "-pause", "1m", "-json"}, {"all"}} {
		assert.ErrorIs(t, run(t.Context(), args, brokenPipe{}, io.Discard), syscall.EPIPE, "%q", args)
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
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, left, "the lab leaves files behind")
}

// The whole program, with the signal that a terminal sends: to the lab, and to the server that it has started.
func TestCtrlCGivesThePromptBack(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send a child Ctrl-C")
	}
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here to look for what was left running: ", err)
	}
	bin := t.TempDir()
	require.NoError(t, process.Build(t.Context(), bin, ".", "."))
	temp := tempDir(t)
	lab := exec.Command(process.Path(bin, "lab"), "three-clients", "-pause", "1m")
	require.NoError(t, lab.Start())
	defer lab.Process.Kill()
	// Once the first server's program is there and has a client, the experiment is under way.
	server := filepath.Join(temp, "concurrent-servers-*", "part1-sequential")
	require.Eventually(t, func() bool { return running(t, server) }, time.Minute, 10*time.Millisecond)
	began := time.Now()
	require.NoError(t, lab.Process.Signal(os.Interrupt))
	lab.Wait()
	assert.Less(t, time.Since(began), time.Second)
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

func TestAnInterruptDuringTheBuildLeavesNothing(t *testing.T) {
	temp := tempDir(t)
	ctx, interrupt := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, interrupt)
	assert.ErrorIs(t, run(ctx, []string{"all"}, io.Discard, io.Discard), console.ErrInterrupted)
	assertEmpty(t, temp)
}

func TestTheListNamesEachExperimentWithItsClaim(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out, io.Discard))
	for _, e := range experiments.All() {
		assert.Regexp(t, `(?m)^`+regexp.QuoteMeta(e.Name)+` +`+regexp.QuoteMeta(e.Claim[:20]), out.String())
	}
	narrow(t, out.String())
}

func TestTheDoctorLooksAtEverything(t *testing.T) {
	var out bytes.Buffer
	run(t.Context(), []string{"doctor"}, &out, io.Discard) // what is missing here is not the question
	for _, thing := range []string{"Go: go1", "port 9090: ", "open files: ", "modules: ", "C compiler: ", "backlog, "} {
		assert.Regexp(t, `(?m)^[✓✗–] `+thing, out.String())
	}
	narrow(t, out.String())

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, number, _ := net.SplitHostPort(taken.Addr().String())
	assert.False(t, port(number).ok)
	require.NoError(t, taken.Close())
	assert.True(t, port(number).ok)
}

func TestEachExperimentHasItsHelp(t *testing.T) {
	for _, name := range append(names(), "all", "doctor") {
		var out bytes.Buffer
		assert.ErrorIs(t, run(t.Context(), []string{name, "-h"}, &out, io.Discard), flag.ErrHelp)
		assert.Contains(t, out.String(), "usage: "+console.Name()+" "+name)
		assert.Equal(t, name != "doctor", strings.Contains(out.String(), "-replace PART=OTHER"))
		narrow(t, out.String())
	}
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for _, args := range [][]string{
		{"no-such-experiment"}, {"-no-such-flag"}, {"three-clients", "-no-such-flag"}, {"all", "-no-such-flag"},
		{"three-clients", "extra"}, {"three-clients", "-pause", "-1s"}, {"three-clients", "-pause", "0"}, {"all", "three-clients"},
		{"sleep", "-d", "2m"}, {"where-they-wait", "-clients", "2"}, {"sleep", "-replace", "part3-pool=no-such-part"},
		{"sleep", "-replace", "part9=part2-threaded"}, {"sleep", "-replace", "part2-threaded"}, {"sleep", "-n", "0"},
	} {
		var out bytes.Buffer
		assert.ErrorAs(t, run(t.Context(), args, &out, io.Discard), new(console.UsageError), "%q", args)
		assert.Empty(t, out.String())
	}
}

func TestTheSummaryHasALineForEachClaim(t *testing.T) {
	text := summary([]outcome{
		{"one", []experiments.Verdict{
			{Claim: "threads overlap", Expected: "3 at once", Measured: "3 at once", Holds: true},
			{Claim: "a claim that is longer than its column, so that it takes two lines", Expected: "yes", Measured: "no"},
		}, nil},
		{"two", nil, errors.New("broken")},
	}, 3, 80, false)
	assert.Equal(t, `
claim                              expected           measured           holds
one
  threads overlap                  3 at once          3 at once          yes
  a claim that is longer than its  yes                no                 no
  column, so that it takes two
  lines
two
  could not find out: see above

1 of 2 claims hold on this machine, in Go.
Interrupted: 1 of 3 experiments did not end.
`, text)
}

func TestATableFitsItsWidth(t *testing.T) {
	wide := table{head: []string{"", "a long heading of words", "another"}, rows: [][]string{{"name", "1", "22"}}, right: true}
	assert.Equal(t, "      a long heading of words  another\nname                        1       22\n", wide.text(80, false))
	assert.Equal(t, ""+
		"       a long  another\n"+
		"      heading\n"+
		"           of\n"+
		"        words\n"+
		"name        1       22\n", wide.text(30, false))
}

func TestWhatTheSystemDoesNotTellIsSaid(t *testing.T) {
	rows := []experiments.Row{{Subject: "part1", Figures: []experiments.Figure{experiments.Count("open files", -1)}}}
	text := figures(rows, 80, false)
	assert.Regexp(t, `(?m)^part1 +–$`, text)
	assert.Contains(t, text, "this system has no such figure")
}
