package docs

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachExerciseFailsAsItIsAndPassesWhenSolved(t *testing.T) {
	folders, err := filepath.Glob("exercises/*/solution")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, solution := range folders {
		exercise := filepath.Dir(solution)
		t.Run(filepath.Base(exercise), func(t *testing.T) {
			out, err := tryExercise(exercise)
			assert.Error(t, err, "the stub passes:\n%s", out)
			assert.NotContains(t, out, "build failed", "the stub must compile")
			out, err = tryExercise(exercise, "-overlay", overlay(t, exercise))
			assert.NoError(t, err, "the solution fails:\n%s", out)
			assert.Contains(t, read(t, "docs/exercises/README.md"), "("+filepath.Base(exercise)+"/README.md)")
		})
	}
}

func tryExercise(folder string, args ...string) (string, error) {
	test := exec.Command("go", append(append([]string{"test", "-count=1", "-tags", "exercise"}, args...), "./"+folder)...)
	out, err := test.CombinedOutput()
	return string(out), err
}

// overlay is a file that puts the solution in the place of what the learner edits.
func overlay(t *testing.T, exercise string) string {
	t.Helper()
	solutions, err := filepath.Glob(filepath.Join(exercise, "solution", "*.go"))
	require.NoError(t, err)
	replace := make(map[string]string)
	for _, solution := range solutions {
		from, err := filepath.Abs(filepath.Join(exercise, filepath.Base(solution)))
		require.NoError(t, err)
		to, err := filepath.Abs(solution)
		require.NoError(t, err)
		require.FileExists(t, from)
		replace[from] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}
