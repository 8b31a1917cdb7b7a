package experiments

import (
	"context"
	"flag"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
)

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "4") // those that run beside each other mostly wait
	var err error
	if parts, err = rig.NewServers(context.Background(), func() {}); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		parts.Close()
		os.Exit(status)
	}))
}

// try runs an experiment and returns what it told.
func try(ctx context.Context, servers *rig.Servers, do Run) (told []Event, err error) {
	err = do(ctx, NewTrial(servers, func(e Event) { told = append(told, e) }))
	return told, err
}

// setup prepares the experiment of a command line.
func setup(t *testing.T, line string) Run {
	t.Helper()
	args := strings.Fields(line)
	for _, e := range All() {
		if e.Name == args[0] {
			fs := flag.NewFlagSet("", flag.ContinueOnError)
			run := e.Setup(fs)
			require.NoError(t, console.Parse(fs, args[1:], console.Help{}, io.Discard))
			return run
		}
	}
	t.Fatalf("there is no experiment %s", args[0])
	return nil
}

// of returns the events of one kind.
func of[E Event](told []Event) []E {
	var some []E
	for _, e := range told {
		if e, ok := e.(E); ok {
			some = append(some, e)
		}
	}
	return some
}

// answers are the verdicts as one word, y or n for each.
func answers(told []Event) string {
	word := ""
	for _, v := range of[Verdict](told) {
		if v.Holds {
			word += "y"
		} else {
			word += "n"
		}
	}
	return word
}

func assertStepsInOrder(t *testing.T, told []Event) {
	t.Helper()
	steps := of[Step](told)
	for i, s := range steps {
		assert.Equal(t, i+1, s.Number, s.What)
		assert.Equal(t, len(steps), s.Of, s.What)
	}
}

// parts are the four, built once for all tests, when the first needs them.
var parts *rig.Servers

// with returns the parts with others in their places.
func with(t *testing.T, instead map[string]string) *rig.Servers {
	t.Helper()
	servers, err := parts.Instead(instead)
	require.NoError(t, err)
	return servers
}

// Each experiment comes out as it should with the parts, and each verdict otherwise with another server in a part's
// place, or with another parameter. Those that judge how fast a machine computes are judged by figures, in
// verdicts_test.go.
func TestVerdictsAreMeasuredAndFlip(t *testing.T) {
	t.Parallel()
	const one, each, pool, bounded = rig.Sequential, rig.Threaded, rig.Pool, rig.BoundedAccept
	wrong := map[string]string{one: each, each: one, pool: one, bounded: each}
	for _, test := range []struct {
		line, right  string
		instead      map[string]string
		other, wrong string
	}{
		{"three-clients -pause 50ms", "yyyy", wrong, "", "nnnn"},
		{"arrivals -pause 150ms -stagger 90ms", "yyyy", wrong, "", "nnnn"},
		{"sleep -d 150ms", "yyy", map[string]string{one: each, pool: one}, "", "nnn"},
		{"where-they-wait -clients 20", "ny", map[string]string{pool: bounded, bounded: each}, "", "yn"},
		{"idle-flood -clients 40 -patience 300ms", "nnn", map[string]string{each: pool, pool: each}, "", "yyy"},
		{"squatters -idle-timeout 200ms -patience 600ms", "yyyy", map[string]string{each: pool, pool: each, bounded: each}, "", "nnnn"},
		{"squatters -idle-timeout 200ms -patience 600ms", "yyyy", map[string]string{pool: one}, "", "yyyn"},
		{"refuse-or-wait -patience 500ms", "yyy", map[string]string{bounded: each, pool: each}, "", "nny"},
	} {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			if test.other == "" {
				test.other = test.line
			}
			var right, wrong []Event
			var rightErr, wrongErr error
			var trials sync.WaitGroup // most of an experiment is waiting
			do, doOther, others := setup(t, test.line), setup(t, test.other), with(t, test.instead)
			trials.Go(func() { right, rightErr = try(t.Context(), parts, do) })
			trials.Go(func() { wrong, wrongErr = try(t.Context(), others, doOther) })
			trials.Wait()
			require.NoError(t, rightErr)
			require.NoError(t, wrongErr)
			assertStepsInOrder(t, right)
			assert.Equal(t, test.right, answers(right))
			assert.Equal(t, test.wrong, answers(wrong))
		})
	}
}

// Whether an update is lost is chance, so it is tried until one is. With the lock, none may be lost in any try.
func TestUpdatesAreLostWithoutALockOnly(t *testing.T) {
	if process.WatchingRaces || runtime.GOMAXPROCS(0) < 2 {
		t.Skip("needs two processors, and servers that race without being told")
	}
	const racy = rig.Threaded + rig.Racy
	for want, instead := range map[string]map[string]string{
		"yy": nil, "nn": {rig.Threaded: racy, racy: rig.Threaded},
	} {
		withLock := map[string]int{"yy": 1, "nn": 0}[want] // where the server with the lock is judged
		assert.Eventually(t, func() bool {
			told, err := try(t.Context(), with(t, instead), setup(t, "lost-update -clients 8 -times 30000"))
			if !assert.NoError(t, err) {
				return true
			}
			assert.Equal(t, want[withLock], answers(told)[withLock])
			return answers(told) == want
		}, time.Minute, time.Millisecond)
	}
}

func TestPressureIsMeasured(t *testing.T) {
	for line, rows := range map[string]int{
		"cpu-bound -heavy 4 -work 2ms -d 60ms":          12,
		"degradation -work 3ms -patience 100ms -d 50ms": 15,
		"pool-size -work 2ms -d 50ms":                   12,
		"nagle -clients 3":                              3,
		"lost-update -clients 2 -times 10":              2,
	} {
		if strings.HasPrefix(line, "lost-update") && process.WatchingRaces {
			continue // it would be told
		}
		told, err := try(t.Context(), parts, setup(t, line))
		for range 5 { // other tests may keep the machine too busy to measure
			if err == nil || !strings.Contains(err.Error(), "machine") {
				break
			}
			told, err = try(t.Context(), parts, setup(t, line))
		}
		require.NoError(t, err, line)
		assert.Len(t, of[Row](told), rows, line)
		assert.NotEmpty(t, of[Verdict](told), line)
		assertStepsInOrder(t, told)
	}
}

func TestAThreadForEachClientIsMeasured(t *testing.T) {
	told, err := try(t.Context(), parts, setup(t, "os-threads -clients 500 -d 500ms -limit=false"))
	require.NoError(t, err)
	rows := of[Row](told)
	assert.InDelta(t, 0, rows[0].Figures[1].Value, 0.3, "threads for each client without -os-threads")
	assert.InDelta(t, 1, rows[1].Figures[1].Value, 0.3, "threads for each client with -os-threads")
}

func TestPastTheRuntimesLimitItsOwnMessageIsShown(t *testing.T) {
	if process.WatchingRaces {
		t.Skip("the race detector allows fewer goroutines than that")
	}
	if limit := rig.DescriptorLimit(); limit != rig.Unknown && limit < maxThreads+300 {
		t.Skip("this machine does not allow a process so many open files")
	}
	var told []Event
	require.NoError(t, pastTheLimit(t.Context(), NewTrial(parts, func(e Event) { told = append(told, e) })))
	require.Equal(t, "y", answers(told))
	assert.Contains(t, of[Note](told)[0].Text, "exceeds 10000-thread limit")
}
