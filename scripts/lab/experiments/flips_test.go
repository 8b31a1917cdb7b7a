package experiments

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

// A verdict that could not come out otherwise would say nothing. With other servers in the places of the parts no verdict
// named here may hold. How fast the machine is decides at most whether it can be told: that a server stands an overload, or
// ends a storm, depends on how fast it is, so no verdict here waits for that.
func TestWithOtherServersTheVerdictsTurn(t *testing.T) {
	for _, test := range []struct {
		line    string
		instead map[string]string
		turned  []int // verdicts
	}{
		{"three-clients -pause 20ms", map[string]string{
			rig.Sequential: rig.Threaded, rig.Threaded: rig.Sequential, rig.Pool: rig.Sequential, rig.BoundedAccept: rig.Threaded,
		}, []int{0, 1, 2, 3}},
		{"arrivals -pause 100ms -stagger 20ms", map[string]string{
			rig.Sequential: rig.Threaded, rig.Threaded: rig.Sequential, rig.Pool: rig.Sequential, rig.BoundedAccept: rig.Sequential,
		}, []int{0, 1, 2, 3}},
		{"sleep -d 200ms -n 2", map[string]string{rig.Sequential: rig.Threaded, rig.Pool: rig.Sequential}, []int{0, 1}},
		{"sleep -d 200ms -n 2", map[string]string{rig.Pool: rig.Threaded}, []int{2}},
		{"lost-update -clients 8 -times 20000", map[string]string{rig.Threaded + rig.Racy: rig.Threaded}, []int{0}},
		{"squatters -n 1 -idle-timeout 50ms -patience 200ms", map[string]string{
			rig.Threaded: rig.Sequential, rig.Pool: rig.Threaded, rig.BoundedAccept: rig.Threaded,
		}, []int{0, 1, 2, 3}},
		{"overload -d 100ms", map[string]string{rig.Refusing: rig.Pool, rig.Shedding: rig.BoundedAccept}, []int{3, 4, 5}},
		{"cpu-bound -heavy 3 -work 400ms -d 50ms", map[string]string{rig.Threaded: rig.Sequential, rig.Pool: rig.Sequential}, []int{0, 1, 2, 3}},
		{"cpu-bound -heavy 1 -work 400ms -d 50ms", map[string]string{rig.Pool: rig.Sequential}, []int{4}},
		{"pool-size -wait 25ms -d 250ms", map[string]string{rig.Pool: rig.Sequential}, []int{0, 1}},
		{"retry-storm -d 100ms -spike 500ms", map[string]string{rig.Shedding: rig.Pool}, []int{3}},
		{"littles-law -d 200ms", map[string]string{rig.Pool: rig.Sequential}, []int{0, 1}},
		{"refuse-or-wait -n 1 -patience 200ms", map[string]string{
			rig.Pool: rig.Threaded, rig.BoundedAccept: rig.Refusing, rig.Refusing: rig.Pool,
		}, []int{0, 1, 2}},
	} {
		t.Run(test.line, func(t *testing.T) {
			servertest.Slow(t)
			if process.WatchingRaces && strings.HasPrefix(test.line, "lost-update") {
				t.Skip("the racy server would be told that it races")
			}
			if runtime.GOMAXPROCS(0) == 1 && strings.HasPrefix(test.line, "cpu-bound") {
				t.Skip("one heavy client is enough for one processor, whichever server it is")
			}
			t.Parallel()
			servers, err := parts.Instead(test.instead)
			require.NoError(t, err)
			var r Result
			for range 3 { // a flawed round tells nothing
				r, err = try(t, servers, test.line)
				require.NoError(t, err)
				if strings.Trim(answers(r.Verdicts), "?") != "" {
					break
				}
			}
			if strings.Trim(answers(r.Verdicts), "?") == "" {
				t.Skipf("the machine was too busy to tell anything: %v", r.Verdicts)
			}
			for _, i := range test.turned {
				assert.NotEqual(t, Holds, r.Verdicts[i].Answer, "%s: %s", r.Verdicts[i].Claim, r.Verdicts[i].Measured)
			}
		})
	}
}
