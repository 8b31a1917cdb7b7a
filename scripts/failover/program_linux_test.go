package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

// A program is failover as a user runs it. All that it starts inherits its TMPDIR, temp, by which
// the tests find it.
type program struct {
	*exec.Cmd
	temp string
}

// command returns a failover that is not started yet.
func command(t *testing.T, path, temp string, args ...string) program {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // then the test has failed
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	return program{cmd, temp}
}

func build(t *testing.T) (path string) {
	t.Helper()
	bin := t.TempDir()
	require.NoError(t, process.Build(t.Context(), bin, ".", "."))
	return process.Path(bin, "failover")
}

// children returns the names of the programs that failover has started and that still run.
func (p program) children(t *testing.T) (names []string) {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, folder := range folders {
		environ, _ := os.ReadFile(folder + "/environ") // empty when the process has ended
		line, _ := os.ReadFile(folder + "/cmdline")
		name, _, _ := strings.Cut(string(line), "\x00")
		if strings.Contains("\x00"+string(environ), "\x00TMPDIR="+p.temp+"\x00") && name != p.Path {
			names = append(names, filepath.Base(name))
		}
	}
	return names
}

// await waits until a program of that name runs.
func (p program) await(t *testing.T, name string) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(p.children(t), name) }, 3*time.Minute, 5*time.Millisecond,
		"failover starts no %s", name)
}

// awaitFleet waits until everything runs.
func (p program) awaitFleet(t *testing.T) {
	t.Helper()
	p.await(t, "haproxy")
	require.ElementsMatch(t, []string{"haproxy", part, part, part}, p.children(t))
}

func (p program) assertNothingIsLeft(t *testing.T, when string) {
	t.Helper()
	assert.Eventually(t, func() bool { return len(p.children(t)) == 0 }, time.Minute, time.Millisecond, "%s: a child still runs", when)
	left, err := os.ReadDir(p.temp)
	require.NoError(t, err)
	assert.Empty(t, left, when)
}

func TestASignalLeavesNothingBehind(t *testing.T) {
	servertest.Slow(t)
	useStub(t)
	path := build(t)
	stop := func(signal os.Signal, await func(program)) {
		p := command(t, path, t.TempDir())
		require.NoError(t, p.Start())
		await(p)
		require.NoError(t, p.Process.Signal(signal))
		p.Wait()
		assert.Equal(t, 130, p.ProcessState.ExitCode(), "%v: %v", signal, p.ProcessState)
		p.assertNothingIsLeft(t, signal.String())
	}
	stop(syscall.SIGTERM, func(p program) { p.await(t, "go") }) // while it builds
	stop(syscall.SIGTERM, func(p program) { p.awaitFleet(t) })
	if !signal.Ignored(syscall.SIGHUP) { // otherwise these tests run under nohup, and so does failover
		stop(syscall.SIGHUP, func(p program) { p.awaitFleet(t) })
	}
}

// A terminal sends Ctrl-C to all processes of the group in its foreground.
func TestCtrlCAtATerminalLeavesNothingBehind(t *testing.T) {
	servertest.Slow(t)
	useStub(t)
	p := command(t, build(t), t.TempDir())
	var out strings.Builder
	p.Stderr = &out
	p.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, p.Start())
	p.awaitFleet(t)
	require.NoError(t, syscall.Kill(-p.Process.Pid, syscall.SIGINT))
	p.Wait()
	assert.Equal(t, 130, p.ProcessState.ExitCode(), p.ProcessState)
	assert.Equal(t, 1, strings.Count(out.String(), "\n"), "failover says more than that it builds: %s", out.String())
	p.assertNothingIsLeft(t, "Ctrl-C")
}

func TestAKillLeavesNoProcessAndTheNextRunRemovesTheFolder(t *testing.T) {
	servertest.Slow(t)
	if _, err := exec.LookPath("haproxy"); err != nil {
		useStub(t)
	}
	path := build(t)
	killed := command(t, path, t.TempDir())
	require.NoError(t, killed.Start())
	killed.awaitFleet(t)
	require.NoError(t, killed.Process.Kill())
	killed.Wait()
	require.Eventually(t, func() bool { return len(killed.children(t)) == 0 }, time.Minute, 10*time.Millisecond,
		"a child of the killed failover still runs")
	left, err := os.ReadDir(killed.temp)
	require.NoError(t, err)
	require.Len(t, left, 1)

	next := command(t, path, killed.temp)
	require.NoError(t, next.Start())
	next.awaitFleet(t)
	assert.NoDirExists(t, filepath.Join(next.temp, left[0].Name()))
	require.NoError(t, next.Process.Signal(os.Interrupt))
	next.Wait()
	next.assertNothingIsLeft(t, "next")
}

// As behind "| head -1".
func TestAReaderThatGoesAwayLeavesNothingBehind(t *testing.T) {
	needHAProxy(t)
	p := command(t, build(t), t.TempDir(), "-d", "1s", "-pause", "20ms")
	out, in, err := os.Pipe()
	require.NoError(t, err)
	p.Stdout, p.Stderr = in, in
	require.NoError(t, p.Start())
	in.Close()
	line, err := bufio.NewReader(io.LimitReader(out, 1000)).ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, "building")
	out.Close()
	p.Wait()
	assert.Equal(t, 1, p.ProcessState.ExitCode(), p.ProcessState)
	p.assertNothingIsLeft(t, "head -1")
}
