package docs

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/servertest"
)

func TestEachExerciseFailsAsItIsAndPassesWhenSolved(t *testing.T) {
	solutions, err := filepath.Glob("exercises/*/solution")
	require.NoError(t, err)
	require.NotEmpty(t, solutions)
	index := read(t, "docs/exercises/README.md")
	var packages []string
	for _, solution := range solutions {
		exercise := filepath.Dir(solution)
		packages = append(packages, "./"+filepath.ToSlash(exercise))
		assert.Contains(t, index, "("+filepath.Base(exercise)+"/README.md)")
	}
	servertest.Slow(t)
	asIs := testPackages(t, packages)
	solved := testPackages(t, packages, "-overlay", overlay(t, solutions))
	for _, exercise := range packages {
		name := "example.com/concurrent-servers/docs" + exercise[1:]
		assert.Equal(t, "fail", asIs[name].verdict, "%s as it is:\n%s", exercise, asIs[name].output.String())
		assert.False(t, asIs[name].broken, "%s does not compile", exercise)
		assert.NotContains(t, asIs[name].output.String(), "panic: test timed out", exercise)
		assert.Equal(t, "pass", solved[name].verdict, "%s solved:\n%s", exercise, solved[name].output.String())
	}
}

// A tested package is what go test says of it.
type tested struct {
	verdict string // pass, fail or skip
	broken  bool   // it does not compile
	output  bytes.Buffer
}

func testPackages(t *testing.T, packages []string, args ...string) map[string]*tested {
	t.Helper()
	args = append([]string{"test", "-json", "-count=1", "-timeout=1m", "-tags=exercise"}, args...)
	out, err := exec.Command("go", append(args, packages...)...).Output()
	if exit := (*exec.ExitError)(nil); err != nil {
		require.ErrorAs(t, err, &exit) // tests that fail are a result
	}
	results := make(map[string]*tested)
	for line := range bytes.Lines(out) {
		var event struct{ Action, Package, Test, Output, FailedBuild string }
		require.NoError(t, json.Unmarshal(line, &event), "%s", line)
		if event.Package == "" {
			continue
		}
		result := results[event.Package]
		if result == nil {
			result = new(tested)
			results[event.Package] = result
		}
		result.output.WriteString(event.Output)
		result.broken = result.broken || event.FailedBuild != ""
		if event.Test == "" {
			result.verdict = event.Action // the last one counts
		}
	}
	require.Len(t, results, len(packages), "%s", out)
	return results
}

// overlay is a file that puts solutions in the place of what the learner edits.
func overlay(t *testing.T, solutions []string) string {
	t.Helper()
	replace := make(map[string]string)
	for _, solution := range solutions {
		files, err := filepath.Glob(filepath.Join(solution, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, solution)
		for _, file := range files {
			to, err := filepath.Abs(file)
			require.NoError(t, err)
			from := filepath.Join(filepath.Dir(filepath.Dir(to)), filepath.Base(to))
			require.FileExists(t, from)
			replace[from] = to
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}
