package main

import (
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/process"
)

// Built with the tag racy, the clients write the tally of questions without a lock. With the lock, the race
// detector must have nothing to say about the same load.
func TestTheRaceDetectorSeesTheTallyWithoutItsLock(t *testing.T) {
	if out, err := exec.Command("go", "env", "CGO_ENABLED").Output(); err != nil || strings.TrimSpace(string(out)) != "1" {
		t.Skip("the race detector needs cgo and a C compiler here")
	}
	for tag, racy := range map[string]bool{"racy": true, "guarded": false} {
		bin := t.TempDir() + "/"
		build := exec.Command("go", "build", "-race", "-tags", tag, "-o", bin, ".")
		out, err := build.CombinedOutput()
		require.NoError(t, err, "%s", out)
		s, err := process.Start(process.Path(bin, "part2-threaded"), "-protocol", "words", "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0", "-quiet")
		require.NoError(t, err)
		chart := client.Run{
			Dial: client.Dial(s.Addr), Clients: 20, Protocol: "words",
			Words: strings.Fields(strings.Repeat("light of the sun ", 10)), Log: slog.New(slog.DiscardHandler),
		}.Do(t.Context())
		for _, l := range chart.Lanes {
			assert.Empty(t, l.Failure, l.Name)
		}
		s.Stop() // a program that raced ends with status 66
		assert.Equal(t, racy, strings.Contains(s.Log(), "WARNING: DATA RACE"), fmt.Sprintf("%s:\n%s", tag, s.Log()))
	}
}
