package process

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// program writes and builds a main package.
func program(t *testing.T, source string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module program\n\ngo 1.26.0\n"), 0o644))
	t.Setenv("GOWORK", "off") // it is not in the workspace
	bin := t.TempDir()
	require.NoError(t, Build(t.Context(), bin, dir, "."))
	return Path(bin, "program")
}

func TestAServerIsStartedOnceItListens(t *testing.T) {
	s, err := Start(t.Context(), program(t, `package main

import "os"

func main() {
	os.Stderr.WriteString("15:04:05.000 program listening on 127.0.0.1:1234\n15:04:05.000 program debug on http://127.0.0.1:5678/debug/vars\n")
	select {}
}`), "-debug")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:1234", s.Addr)
	assert.Equal(t, "127.0.0.1:5678", s.Debug)
	s.Kill()
	<-s.Exited()
	s.Kill() // once more does no harm
}

func TestAServerThatEndsAtOnceIsAnErrorWithWhatItSaid(t *testing.T) {
	_, err := Start(t.Context(), program(t, `package main

func main() { panic("no luck") }`))
	require.Error(t, err)
	assert.Contains(t, err.Error(), "ended before it listened")
	assert.Contains(t, err.Error(), "no luck")
}

func TestABuildThatFailsSaysWhy(t *testing.T) {
	err := Build(t.Context(), t.TempDir(), t.TempDir(), "./nowhere")
	require.Error(t, err)
	assert.Contains(t, err.Error(), "nowhere")
}

func TestTheRootHoldsTheWorkspace(t *testing.T) {
	root, err := Root(context.Background())
	if err != nil {
		t.Skip("outside of the workspace there is none: ", err)
	}
	assert.FileExists(t, filepath.Join(root, "go.work"))

	t.Setenv("GOWORK", "off")
	_, err = Root(context.Background())
	assert.ErrorContains(t, err, "not in the workspace")
}
