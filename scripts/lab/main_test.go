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
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// made returns an experiment that takes one step and returns what is given.
func made(name string, r experiments.Result, err error) experiments.Experiment {
	return experiments.Experiment{
		Name: name, Claim: "a claim of " + name, Source: "our own", Shows: "Nothing.", Bars: []string{"lost"},
		Setup: func(*flag.FlagSet) experiments.Run {
			return func(_ context.Context, t *experiments.Trial) (experiments.Result, error) {
				t.Steps(1)
				t.Step("counting")
				return r, err
			}
		},
	}
}

func counted() (r experiments.Result) {
	r.Row("part1", experiments.Count("lost", 7))
	r.Verdicts = []experiments.Verdict{{Claim: "none is lost", Expected: "0", Measured: "7", Answer: experiments.DoesNotHold}}
	return r
}

// runMade runs made-up experiments, which need no servers.
func runMade(ctx context.Context, o options, out, log io.Writer, list ...experiments.Experiment) error {
	var do []experiments.Run
	for _, e := range list {
		do = append(do, e.Setup(nil))
	}
	return (&lab{o, out, newProgress(log, o.color), nil, rig.Machine{Go: "go1.2.3", Quota: rig.Unknown}}).run(ctx, list, do)
}

func TestAnExperimentIsShown(t *testing.T) {
	dir := t.TempDir()
	var out, log bytes.Buffer
	require.NoError(t, runMade(t.Context(), options{svg: dir}, &out, &log, made("one", counted(), nil)))
	assert.Regexp(t, `^Machine: .*go1\.2\.3`, out.String())
	assert.Contains(t, out.String(), "\none\nClaim: a claim of one\n")
	assert.Contains(t, out.String(), "≠ not so here: none is lost")
	assert.NotContains(t, out.String(), "1 claims hold", "one experiment needs no table")
	assert.Contains(t, log.String(), "one, 1 step\n")
	assert.Contains(t, log.String(), "wrote one.svg into "+dir)
	assert.FileExists(t, filepath.Join(dir, "one.svg"))
}

func TestAClaimThatCannotBeToldIsAResultToo(t *testing.T) {
	r := counted()
	r.Verdicts[0].Answer = experiments.CouldNotTell
	var out bytes.Buffer
	require.NoError(t, runMade(t.Context(), options{}, &out, io.Discard, made("one", r, nil)))
	assert.Contains(t, out.String(), "? could not tell: none is lost")
}

func TestAnExperimentThatCannotFindOutShowsWhatItHas(t *testing.T) {
	var out bytes.Buffer
	err := runMade(t.Context(), options{}, &out, io.Discard, made("one", counted(), errors.New("no compiler")))
	assert.EqualError(t, err, "one: could not find out: no compiler")
	assert.Contains(t, out.String(), "none is lost")

	out.Reset()
	err = runMade(t.Context(), options{}, &out, io.Discard, made("one", counted(), console.Usagef("-n 9: want less")))
	assert.ErrorAs(t, err, new(console.UsageError))
	assert.Empty(t, out.String())
}

func TestAllRunOnAfterOneThatCannotFindOut(t *testing.T) {
	var out, log bytes.Buffer
	err := runMade(t.Context(), options{}, &out, &log, made("one", experiments.Result{}, errors.New("broken")), made("two", counted(), nil))
	assert.EqualError(t, err, "1 of 2 experiments could not find out: one")
	assert.Contains(t, log.String(), "error: one: could not find out: broken\n")
	assert.Contains(t, out.String(), "Of 1 claims 0 hold here")
}

func TestAllExperimentsShareTheirTime(t *testing.T) {
	l := &lab{options: options{quick: true}}
	assert.Equal(t, experiments.Quick, l.effort(0, 1))
	assert.Equal(t, 3*time.Minute/16, l.effort(0, 16).Limit)
	assert.Equal(t, 10*time.Second, l.effort(2*time.Minute, 6).Limit)
	assert.Zero(t, l.effort(4*time.Minute, 2).Limit)
	l.quick = false
	assert.Equal(t, experiments.Thorough, l.effort(time.Minute, 15))
	assert.Equal(t, 20*time.Second, l.effort(5*time.Minute, 15).Limit)
}

func TestAnInterruptEndsAllAndSaysSo(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	second := made("two", counted(), nil)
	do := second.Setup(nil)
	second.Setup = func(*flag.FlagSet) experiments.Run {
		return func(ctx context.Context, t *experiments.Trial) (experiments.Result, error) {
			interrupt()
			return do(ctx, t)
		}
	}
	var out bytes.Buffer
	err := runMade(ctx, options{}, &out, io.Discard, made("one", counted(), nil), second, made("three", counted(), nil))
	assert.ErrorIs(t, err, console.ErrInterrupted)
	assert.Contains(t, out.String(), "Interrupted: 2 of 3 experiments did not end.")
	out.Reset()
	assert.ErrorIs(t, runMade(ctx, options{}, &out, io.Discard, made("one", counted(), nil)), console.ErrInterrupted)
	assert.Empty(t, out.String(), "what an interrupt has cut short is not a result")
}

func TestJSONIsAnObjectForEachExperiment(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, runMade(t.Context(), options{json: true}, &out, io.Discard, made("one", counted(), nil), made("two", counted(), nil)))
	var names []string
	for line := range strings.Lines(out.String()) {
		var o struct{ Experiment string }
		require.NoError(t, json.Unmarshal([]byte(line), &o), line)
		names = append(names, o.Experiment)
	}
	assert.Equal(t, []string{"one", "two"}, names)
}

// brokenPipe is an output whose reader has gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestTheLabEndsWhenNobodyReads(t *testing.T) {
	never := made("two", experiments.Result{}, nil)
	never.Setup = func(*flag.FlagSet) experiments.Run {
		return func(context.Context, *experiments.Trial) (experiments.Result, error) {
			t.Error("it runs on")
			return experiments.Result{}, nil
		}
	}
	for _, o := range []options{{}, {json: true}} {
		err := runMade(t.Context(), o, brokenPipe{}, io.Discard, made("one", counted(), nil), never)
		assert.ErrorIs(t, err, syscall.EPIPE)
	}
}

func TestProgressOnAFileIsLinesOfLog(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close()
	require.NoError(t, runMade(t.Context(), options{}, io.Discard, log, made("one", counted(), nil)))
	text, err := os.ReadFile(log.Name())
	require.NoError(t, err)
	assert.Regexp(t, `^\d\d:\d\d:\d\d\.\d\d\d one, 1 step\n$`, string(text))
}

func TestTheLogNamesRoundsNotSteps(t *testing.T) {
	var log bytes.Buffer
	p := newProgress(&log, "never")
	for round := 1; round <= 3; round++ {
		if round == 3 {
			p.named = p.named.Add(-betweenLines) // as if the second round had taken so long
		}
		for number := 1; number <= 4; number++ {
			p.step("one", experiments.Step{Round: round, Number: number, Of: 4, What: "counting"})
		}
	}
	p.step("two", experiments.Step{Round: 1, Number: 1, Of: 2, What: "counting"})
	assert.Equal(t, []string{"one round 1, 4 steps", "one round 3, 4 steps", "two round 1, 2 steps"},
		regexp.MustCompile(`(?m)(one|two) .*$`).FindAllString(log.String(), -1))
}

// The whole program, with a signal as a terminal sends it, and with a reader that goes away.
func TestTheProgramLeavesNothingBehind(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send a child Ctrl-C")
	}
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here to look for what was left running: ", err)
	}
	bin := t.TempDir()
	require.NoError(t, process.Build(t.Context(), bin, ".", "."))
	for _, test := range []struct {
		name   string
		args   []string
		signal syscall.Signal
		status int
		slow   bool
	}{
		{"Ctrl-C", []string{"three-clients", "-pause", "1m"}, syscall.SIGINT, 130, false},
		{"the terminal is gone", []string{"three-clients", "-pause", "1m"}, syscall.SIGHUP, 130, true},
		{"nobody reads", []string{"three-clients", "-pause", "10ms"}, 0, 1, true},
		{"killed", []string{"three-clients", "-pause", "1m"}, syscall.SIGKILL, -1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.slow {
				servertest.Slow(t)
			}
			temp := t.TempDir()
			lab := exec.Command(process.Path(bin, "lab"), test.args...)
			lab.Env = append(os.Environ(), "TMPDIR="+temp)
			reader, writer, err := os.Pipe()
			require.NoError(t, err)
			reader.Close()
			lab.Stdout = writer
			require.NoError(t, lab.Start())
			writer.Close()
			ended := make(chan struct{})
			go func() {
				lab.Wait()
				close(ended)
			}()
			defer func() {
				lab.Process.Kill()
				<-ended
			}()
			server := filepath.Join(temp, "concurrent-servers-*", "parts", "part*")
			if test.signal != 0 {
				require.Eventually(t, func() bool { return running(t, server) }, time.Minute, 100*time.Millisecond)
				require.NoError(t, lab.Process.Signal(test.signal))
			}
			select {
			case <-ended:
			case <-time.After(time.Minute): // by itself the lab would take longer
				require.Fail(t, "the lab does not end within a minute")
			}
			assert.Equal(t, test.status, lab.ProcessState.ExitCode())
			if test.signal == syscall.SIGKILL {
				if runtime.GOOS == "linux" { // see process.Spawn
					assert.Eventually(t, func() bool { return !running(t, server) }, time.Minute, 100*time.Millisecond)
				}
				return
			}
			assert.False(t, running(t, server), "a server still runs")
			left, err := os.ReadDir(temp)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// running reports whether a process runs a program whose path matches the pattern.
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

// narrow checks that nothing is wider than a terminal with 80 columns.
func narrow(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), 80, line)
	}
}

func TestTheListNamesEachExperimentWithItsClaim(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), nil, &out, io.Discard))
	for _, e := range experiments.All {
		assert.Regexp(t, `(?m)^`+regexp.QuoteMeta(e.Name)+` +`+regexp.QuoteMeta(e.Claim[:20]), out.String())
	}
	narrow(t, out.String())
}

func TestTheDoctorLooksAtEverything(t *testing.T) {
	var out bytes.Buffer
	run(t.Context(), []string{"doctor"}, &out, io.Discard) // what is missing here is not the question
	for _, thing := range []string{"Go: go1", "port 9090: ", "open files: ", "modules: ", "C compiler: ", "Python: ", "Node: ", "HAProxy: ", "backlog, "} {
		assert.Regexp(t, `(?m)^[✓!–] `+thing, out.String())
	}
	narrow(t, out.String())

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, number, _ := net.SplitHostPort(taken.Addr().String())
	assert.Equal(t, missing, port(number).mark)
	require.NoError(t, taken.Close())
	assert.Equal(t, here, port(number).mark)
}

func TestTheDoctorJudgesWhatItFinds(t *testing.T) {
	for _, test := range []struct {
		found finding
		mark  string
		says  string
	}{
		{goCommand("go1.26.0", nil), here, "Go: go1.26.0 on "},
		{goCommand("go1.27rc1", nil), here, "go1.27rc1"},
		{goCommand("devel go1.28-abcdef", nil), here, "devel"},
		{goCommand("go1.25.9", nil), missing, "too old"},
		{goCommand("", exec.ErrNotFound), missing, "does not say its version"},
		{descriptors(rig.Unknown), here, "no limit"},
		{descriptors(1024), lacking, "idle-flood wants 4200"},
		{descriptors(8192), lacking, "os-threads"},
		{descriptors(20_000), here, "20000 for a process"},
	} {
		assert.Equal(t, test.mark, test.found.mark, test.found.text)
		assert.Contains(t, test.found.text, test.says)
	}
	t.Setenv("PATH", t.TempDir())
	var out bytes.Buffer
	assert.ErrorContains(t, run(t.Context(), []string{"doctor"}, &out, io.Discard), "something is missing")
	assert.Contains(t, out.String(), "! Go: ")
	assert.Contains(t, out.String(), "! modules: ")
	assert.Contains(t, out.String(), "– C compiler: none")
	assert.Contains(t, out.String(), "– Python: no python3")
	assert.Contains(t, out.String(), "– Node: no node")
	assert.Contains(t, out.String(), "– HAProxy: none")
}

func TestEachExperimentHasItsHelp(t *testing.T) {
	names := []string{"all", "doctor"}
	for _, e := range experiments.All {
		names = append(names, e.Name)
	}
	for _, name := range names {
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
	var o options
	assert.NoError(t, o.replace("part2-threaded-racy=part2-threaded"))
	assert.NoError(t, o.replace("part1-sequential=part5-mine"))
	assert.NoError(t, (&options{}).replace("scripts/designs/shedding=part3-pool"))
	assert.Equal(t, map[string]string{"part2-threaded-racy": "part2-threaded", "part1-sequential": "part5-mine"}, o.instead)
}

func TestTheDoctorSaysThatTheMachineIsBusy(t *testing.T) {
	assert.Equal(t, lacking, load(rig.Machine{Used: 1.8, Of: 2}).mark)
	assert.Equal(t, here, load(rig.Machine{Used: 0.1, Of: 2}).mark)
	assert.Equal(t, here, load(rig.Machine{Used: rig.Unknown}).mark)
}
