package process

import (
	"context"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// self returns the command that runs this test program again, as the child that [child] describes.
func self(args ...string) *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return exec.Command(path, args...)
}

// tempHere makes temporary folders go to a folder of the test's own.
func tempHere(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	return dir
}

func TestAProcessIsOverWhenItsStatusIsKnown(t *testing.T) {
	hold(t)
	cmd := self("ends")
	exited, err := Spawn(cmd)
	require.NoError(t, err)
	<-exited
	assert.True(t, cmd.ProcessState.Success())

	exited, err = Spawn(exec.Command("no-such-program"))
	assert.ErrorIs(t, err, exec.ErrNotFound)
	assert.Nil(t, exited)
}

// To the kernel the parent of a process is a thread, and a goroutine that ends while it is locked
// to a thread takes it along.
func TestAChildOutlivesTheThreadsOfItsParent(t *testing.T) {
	next := hold(t)
	cmd := self("holds")
	exited := make(chan (<-chan struct{}))
	go func() {
		runtime.LockOSThread() // until the end
		ended, err := Spawn(cmd)
		assert.NoError(t, err)
		exited <- ended
	}()
	ended := <-exited
	child := next()
	for range 10 {
		over := make(chan struct{})
		go func() {
			defer close(over)
			runtime.LockOSThread()
		}()
		<-over
	}
	assertAlive(t, child)
	child.Close()
	<-ended
	assert.True(t, cmd.ProcessState.Success(), cmd.ProcessState.String())
}

func TestOnlyFoldersOfCommandsThatAreGoneAreRemoved(t *testing.T) {
	temp := tempHere(t)
	next := hold(t)
	over, alive := self("ends"), self("holds")
	ended, err := Spawn(alive)
	require.NoError(t, err)
	living := next()
	defer func() { living.Close(); <-ended }()
	require.NoError(t, over.Run())
	gone := strconv.Itoa(over.Process.Pid)
	stay := []string{
		"concurrent-servers-" + strconv.Itoa(os.Getpid()) + "-1",
		"concurrent-servers-" + strconv.Itoa(alive.Process.Pid) + "-1",
		"concurrent-servers-docs-" + gone,
		"concurrent-servers-" + gone,
		"concurrent-servers--" + gone,
		"concurrent-servers-0-1",
		"servers-" + gone + "-1",
	}
	for _, name := range append(stay, "concurrent-servers-"+gone+"-1", "concurrent-servers-"+gone+"-2") {
		require.NoError(t, os.MkdirAll(filepath.Join(temp, name, "racy"), 0o700))
	}
	for range 2 {
		dir, err := TempDir()
		require.NoError(t, err)
		assert.DirExists(t, dir)
		assert.Contains(t, filepath.Base(dir), "concurrent-servers-"+strconv.Itoa(os.Getpid())+"-")
		stay = append(stay, filepath.Base(dir))
	}
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	var names []string
	for _, entry := range left {
		names = append(names, entry.Name())
	}
	assert.ElementsMatch(t, stay, names)

	t.Setenv("TMPDIR", filepath.Join(temp, "nowhere"))
	t.Setenv("TMP", filepath.Join(temp, "nowhere"))
	_, err = TempDir()
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// module writes a module with an empty program.
func module(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module program\n\ngo 1.26.0\n"), 0o644))
	t.Setenv("GOWORK", "off") // it is not in the workspace
	return dir
}

func TestAProgramIsBuiltLikeThisOne(t *testing.T) {
	bin := t.TempDir()
	require.NoError(t, Build(t.Context(), bin, module(t), "-tags=one", "."))
	info, err := buildinfo.ReadFile(Path(bin, "program"))
	require.NoError(t, err)
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	assert.Equal(t, "one", settings["-tags"])
	assert.Equal(t, WatchingRaces, settings["-race"] == "true")
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	err := Build(t.Context(), t.TempDir(), t.TempDir(), "./nowhere")
	assert.ErrorContains(t, err, "go build ./nowhere: ")
	assert.Regexp(t, `exit status 1\n\w`, err, "the output of go build is missing")
}

func TestAnInterruptOfABuildEndsTheCompilers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot kill a process with what it has started")
	}
	next, bin, dir := hold(t), t.TempDir(), module(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	built := make(chan error, 1)
	go func() { built <- Build(ctx, bin, dir, "-toolexec="+self().Path, ".") }()
	compiler := next()
	assertAlive(t, compiler)
	interrupt(cause)
	within(t, "Build", func() { assert.Equal(t, cause, <-built) })
	assertDead(t, compiler)
	left, err := os.ReadDir(bin)
	require.NoError(t, err)
	assert.NotEmpty(t, left, "go build keeps its files in another folder, and nobody removes them")
	assert.NoError(t, os.RemoveAll(bin))
}

func TestTheRootHoldsTheWorkspace(t *testing.T) {
	root, err := Root(t.Context())
	if err != nil {
		t.Skip("outside of the workspace there is none: ", err)
	}
	assert.FileExists(t, filepath.Join(root, "go.work"))

	t.Setenv("GOWORK", "off")
	_, err = Root(t.Context())
	assert.ErrorContains(t, err, "not in the workspace")
}
