package experiments

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/console"
)

// At any moment, an interrupt ends an experiment within a second, and no server runs on.
func TestAnInterruptEndsEachExperimentAtOnce(t *testing.T) {
	for _, e := range All() {
		for _, after := range []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond} {
			ctx, interrupt := context.WithCancel(t.Context())
			interrupted := make(chan time.Time, 1)
			var once sync.Once
			trial := NewTrial(parts, func(Event) {
				once.Do(func() {
					time.AfterFunc(after, func() { interrupted <- time.Now(); interrupt() })
				})
			})
			err := e.Setup(flag.NewFlagSet("", flag.ContinueOnError))(ctx, trial)
			if err == nil && ctx.Err() == nil {
				interrupt()
				continue // it was quicker
			}
			took := time.Since(<-interrupted)
			if err != nil { // it may have been done at that moment
				assert.ErrorIs(t, err, console.ErrInterrupted, "%s after %v", e.Name, after)
			}
			assert.Less(t, took, time.Second, "%s after %v", e.Name, after)
		}
	}
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here to look for what was left running: ", err)
	}
	processes, err := exec.Command("ps", "-A", "-ww", "-o", "ppid=,args=").Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(processes)) {
		parent, program, _ := strings.Cut(strings.TrimSpace(line), " ")
		if parent == strconv.Itoa(os.Getpid()) {
			assert.NotContains(t, program, "-addr 127.0.0.1:0", "a server still runs")
		}
	}
}

func TestWrongParametersAreRefused(t *testing.T) {
	for _, line := range []string{
		"arrivals -pause 100ms -stagger 90ms", "sleep -n 9", "where-they-wait -clients 2", "os-threads -clients 10000",
		"os-threads -clients 499", "idle-flood -clients 19", "lost-update -clients 1", "degradation -work 50ms -patience 50ms",
		"squatters -idle-timeout 1s -patience 1s",
	} {
		err := setup(t, line)(t.Context(), NewTrial(nil, func(Event) {}))
		assert.ErrorAs(t, err, new(console.UsageError), line)
	}
}

func TestEachExperimentSaysWhatItIs(t *testing.T) {
	names := make(map[string]bool)
	places := make(map[int]bool)
	for _, e := range All() {
		assert.False(t, names[e.Name] || places[e.Place], e.Name)
		names[e.Name], places[e.Place] = true, true
		assert.NotEmpty(t, e.Claim, e.Name)
		assert.NotEmpty(t, e.Source, e.Name)
		assert.NotEmpty(t, e.Shows, e.Name)
		_, err := os.Stat(strings.ReplaceAll(e.Name, "-", "_") + ".go")
		assert.NoError(t, err, "its file")
	}
}

// The example in the package's comment is a whole file. It must build, run, and do what it says.
func TestTheExampleOfAnExperimentIsOne(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var example strings.Builder
	for line := range strings.Lines(string(doc)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			example.WriteString(code)
		} else if line == "//\n" && example.Len() > 0 {
			example.WriteByte('\n')
		}
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "greeting.go"), filepath.Join(dir, "overlay.json")
	here, err := filepath.Abs("greeting.go")
	require.NoError(t, err)
	places, err := json.Marshal(map[string]any{"Replace": map[string]string{here: file}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(example.String()), 0o600))
	require.NoError(t, os.WriteFile(overlay, places, 0o600))
	out, err := exec.Command("go", "run", "-overlay", overlay, "..", "greeting").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "✓ holds: a client is greeted within a moment")
}
