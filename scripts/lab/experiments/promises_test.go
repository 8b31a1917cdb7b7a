package experiments

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/servertest"
)

func TestWrongParametersAreRefused(t *testing.T) {
	for _, line := range []string{
		"arrivals -pause 100ms -stagger 90ms", "sleep -n 9", "where-they-wait -clients 2", "os-threads -clients 10000",
		"os-threads -clients 499", "idle-flood -clients 19", "lost-update -clients 1", "degradation -work 50ms -patience 50ms", "overload -work 50ms -patience 50ms", "retry-storm -d 50ms -work 50ms",
		"squatters -idle-timeout 1s -patience 1s", "degradation -d 50ms -work 50ms", "pool-size -d 50ms -work 50ms",
	} {
		_, err := setup(t, line)(t.Context(), &Trial{})
		assert.ErrorAs(t, err, new(console.UsageError), line)
	}
}

func TestEachExperimentSaysWhatItIs(t *testing.T) {
	names := make(map[string]bool)
	for _, e := range All {
		assert.False(t, names[e.Name], e.Name)
		names[e.Name] = true
		assert.NotEmpty(t, e.Claim, e.Name)
		assert.NotEmpty(t, e.Source, e.Name)
		assert.NotEmpty(t, e.Shows, e.Name)
		_, err := os.Stat(strings.ReplaceAll(e.Name, "-", "_") + ".go")
		assert.NoError(t, err, "its file")
	}
}

// The example in the package's comment is a whole file and a line of the list. It must build, and do
// what it says.
func TestTheExampleOfAnExperimentIsOne(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var example strings.Builder
	for line := range strings.Lines(string(doc)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok && (example.Len() > 0 || code == "package experiments\n") {
			example.WriteString(code)
		} else if line == "//\n" && example.Len() > 0 {
			example.WriteByte('\n')
		}
	}
	list, err := os.ReadFile("experiment.go")
	require.NoError(t, err)
	const first = "\tthreeClients,\n"
	require.Contains(t, string(list), first)
	dir, replace := t.TempDir(), make(map[string]string)
	for name, text := range map[string]string{
		"greeting.go": example.String(), "experiment.go": strings.Replace(string(list), first, first+"\tgreeting,\n", 1),
	} {
		here, err := filepath.Abs(name)
		require.NoError(t, err)
		replace[here] = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(replace[here], []byte(text), 0o600))
	}
	places, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	overlay := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(overlay, places, 0o600))
	out, err := exec.Command("go", "build", "-overlay", overlay).CombinedOutput()
	require.NoError(t, err, "%s", out)
	servertest.Slow(t)
	out, err = exec.Command("go", "run", "-overlay", overlay, "..", "greeting", "-patience", "1m").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "✓ holds: a client is greeted within a moment")
}
