package experiments

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

// parts are the four parts, built once for all tests, when the first needs them.
var parts *rig.Servers

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "4") // more than there are processors, because an experiment mostly waits
	var err error
	if parts, err = rig.NewServers(context.Background(), func() {}); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		parts.Close()
		os.Exit(status)
	}))
}

// setup prepares the experiment of a command line.
func setup(t *testing.T, line string) Run {
	t.Helper()
	args := strings.Fields(line)
	for _, e := range All {
		if e.Name == args[0] {
			fs := flag.NewFlagSet("", flag.ContinueOnError)
			run := e.Setup(fs)
			require.NoError(t, console.Parse(fs, args[1:], console.Help{}, io.Discard))
			return run
		}
	}
	require.Fail(t, "there is no such experiment", args[0])
	return nil
}

// try runs an experiment, and checks that it takes its steps in order.
func try(t *testing.T, servers *rig.Servers, line string) (Result, error) {
	t.Helper()
	var steps []Step
	r, err := setup(t, line)(t.Context(), &Trial{
		Servers: servers, Effort: Effort{Rounds: 1}, Progress: func(s Step) { steps = append(steps, s) },
	})
	require.NotEmpty(t, steps)
	for i, s := range steps {
		assert.Equal(t, i+1, s.Number, s.What)
		assert.Equal(t, steps[0].Of, s.Of, s.What)
	}
	if err == nil && !flawed(r) {
		assert.Len(t, steps, steps[0].Of)
	}
	return r, err
}

// flawed reports whether a round of the result did not count. The machine was too busy for it.
func flawed(r Result) bool {
	return slices.ContainsFunc(r.Notes, func(note string) bool { return strings.Contains(note, "did not count") })
}

// Each experiment returns what it has to, whatever its figures are: those depend on how fast and how
// busy the machine is. verdicts_test.go judges made-up figures.
func TestEachExperimentReturnsRowsChartsAndVerdicts(t *testing.T) {
	for _, test := range []struct {
		line                   string
		charts, rows, verdicts int
		slow                   bool
	}{
		{"three-clients -pause 10ms", 4, 4, 4, false},
		{"arrivals -pause 80ms -stagger 20ms", 4, 4, 4, false},
		{"sleep -d 120ms -n 1", 5, 5, 3, false},
		{"where-they-wait -clients 5", 0, 5, 3, false},
		{"idle-flood -clients 20 -patience 10ms", 0, 15, 4, true},
		{"os-threads -clients 500 -threads 500 -d 100ms -limit=false", 0, 6, 3, true},
		{"costs -d 1ms", 0, 15, 2, false},
		{"cpu-bound -heavy 4 -work 1ms -d 50ms", 0, 15, 5, true},
		{"degradation -work 1ms -d 50ms", 0, 25, 7, true},
		{"overload -work 1ms -d 50ms", 0, 20, 7, true},
		{"retry-storm -work 5ms -d 50ms -patience 50ms", 0, 48, 4, true},
		{"littles-law -n 2 -sleep 5ms -d 50ms", 0, 6, 2, false},
		{"pool-size -wait 1ms -work 1ms -d 50ms", 0, poolRows(), 2, true},
		{"nagle -clients 1 -pause 50ms", 0, 9, 4, false},
		{"lost-update -clients 2 -times 10", 0, 2, 2, true},
		{"squatters -n 1 -idle-timeout 50ms -patience 100ms", 0, 8, 4, true},
		{"refuse-or-wait -n 1 -patience 100ms", 0, 5, 4, false},
	} {
		t.Run(test.line, func(t *testing.T) {
			if test.slow {
				servertest.Slow(t)
			}
			if process.WatchingRaces && strings.HasPrefix(test.line, "lost-update") {
				t.Skip("the racy server would be told that it races")
			}
			t.Parallel()
			r, err := try(t, parts, test.line)
			require.NoError(t, err)
			if slices.ContainsFunc(r.Notes, func(note string) bool { return strings.Contains(note, rig.ErrNoTool.Error()) }) {
				return // an arm in another language has neither row nor verdict
			}
			assert.Len(t, r.Charts, test.charts)
			if !flawed(r) {
				assert.Len(t, r.Rows, test.rows)
			}
			if len(r.Notes) == 0 || !strings.HasPrefix(r.Notes[0], "This system does not tell") {
				assert.Len(t, r.Verdicts, test.verdicts)
			}
			for _, row := range r.Rows {
				assert.Regexp(t, "^("+strings.Join(rig.Parts, "|")+"|part2,|an? |between|refusing|python-pool|C,|sleeping|byte|one|wait|comp|with|count|predict|no retries|retries|backoff|shedding)", row.Subject)
				assert.NotContains(t, row.Subject, "=")
			}
		})
	}
}

func poolRows() (n int) {
	for _, w := range new(sizing).works(runtime.GOMAXPROCS(0), false) {
		n += len(w.sizes)
	}
	return n
}

// A part may keep a client waiting longer than it should, on a busy machine, but it never takes more
// clients at once than it promises.
func TestThreeClientsAreNeverMoreAtOnceThanPromised(t *testing.T) {
	t.Parallel()
	r, err := try(t, parts, "three-clients -pause 20ms")
	require.NoError(t, err)
	for i, most := range []struct{ accepted, served float64 }{{1, 1}, {3, 3}, {3, 2}, {2, 2}} {
		accepted, _ := r.Rows[i].Figure("accepted at once")
		served, _ := r.Rows[i].Figure("served at once")
		assert.LessOrEqual(t, accepted.Value, most.accepted, rig.Parts[i])
		assert.LessOrEqual(t, served.Value, most.served, rig.Parts[i])
		assert.Positive(t, served.Value, rig.Parts[i])
		assert.GreaterOrEqual(t, accepted.Value, served.Value, rig.Parts[i])
		assert.Equal(t, fmt.Sprintf("%s: %v accepted, %v served at a time", rig.Parts[i], accepted, served), r.Charts[i].Title)
	}
}

func TestAServerInAPartsPlaceIsNamed(t *testing.T) {
	t.Parallel()
	servers, err := parts.Instead(map[string]string{rig.Pool: rig.Threaded, rig.BoundedAccept: rig.Sequential})
	require.NoError(t, err)
	r, err := try(t, servers, "sleep -d 120ms -n 1")
	require.NoError(t, err)
	assert.Equal(t, "part1-sequential", r.Rows[0].Subject)
	assert.Equal(t, "part3-pool=part2-threaded", r.Rows[4].Subject)
	assert.Equal(t, "part3-pool=part2-threaded, 2 sleepers", r.Charts[4].Title)
}

func TestOtherServersTurnWhereTheyWait(t *testing.T) {
	t.Parallel()
	servers, err := parts.Instead(map[string]string{rig.Pool: rig.BoundedAccept, rig.BoundedAccept: rig.Threaded})
	require.NoError(t, err)
	r, err := try(t, servers, "where-they-wait -clients 5")
	require.NoError(t, err)
	assert.Equal(t, Holds, r.Verdicts[0].Answer, "a pool that takes slots blocks")
	assert.Equal(t, DoesNotHold, r.Verdicts[len(r.Verdicts)-1].Answer, "a goroutine for each client does not")
}

// A server that ends by itself, or refuses everybody, has no goodput. That is a result, at any speed.
func TestAServerThatDoesNotServeHasNoGoodput(t *testing.T) {
	const testdata = "scripts/lab/experiments/testdata/"
	for _, line := range []string{
		"degradation -work 5ms -d 50ms -patience 50ms", "overload -work 5ms -d 50ms -patience 50ms",
		"retry-storm -work 5ms -d 50ms -patience 50ms",
	} {
		for server, note := range map[string]string{"ends": "ended by itself", "refuses": "answered nobody"} {
			t.Run(line+" with a server that "+server, func(t *testing.T) {
				servertest.Slow(t)
				t.Parallel()
				servers, err := parts.Instead(map[string]string{rig.Pool: testdata + server})
				require.NoError(t, err)
				r, err := try(t, servers, line)
				require.NoError(t, err)
				assert.Condition(t, func() bool {
					return flawed(r) || slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, note) })
				}, "%q", r.Notes)
			})
		}
	}
}

// How long a byte takes is known only from a server that answers.
func TestAServerThatRefusesHasNoRoundTrip(t *testing.T) {
	t.Parallel()
	servers, err := parts.Instead(map[string]string{rig.Threaded: "scripts/lab/experiments/testdata/refuses"})
	require.NoError(t, err)
	r, err := try(t, servers, "costs -d 1ms")
	require.NoError(t, err)
	assert.Equal(t, CouldNotTell, r.Verdicts[0].Answer)
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Subject == aRoundTrip })
	assert.Equal(t, "it did not answer", r.Rows[i].Figures[0].String())
}

func TestWithoutACompilerNothingInCHasACost(t *testing.T) {
	servertest.Slow(t)
	servers, err := rig.NewServers(t.Context(), func() {})
	require.NoError(t, err)
	defer servers.Close()
	for _, program := range []string{rig.Threaded, rig.Inetd} {
		_, err = servers.Command(t.Context(), program)
		require.NoError(t, err)
	}
	t.Setenv("PATH", t.TempDir())
	r, err := try(t, servers, "costs -d 1ms")
	require.NoError(t, err)
	assert.Contains(t, strings.Join(r.Notes, " "), "there is no C compiler (cc). It would show what a thread and a process take in C.")
	for _, row := range r.Rows {
		assert.NotContains(t, row.Subject, "in C")
	}
}

// Two slots, or two threads of Python, serve nobody beside idle clients, at any speed.
func TestOtherServersTurnTheFlood(t *testing.T) {
	servertest.Slow(t)
	t.Parallel()
	servers, err := parts.Instead(map[string]string{rig.Threaded: rig.BoundedAccept, rig.CThreads: rig.PythonPool})
	require.NoError(t, err)
	r, err := try(t, servers, "idle-flood -clients 20 -patience 10ms")
	require.NoError(t, err)
	if len(r.Notes) == 0 { // there is Python
		assert.Equal(t, "yy", answers(r.Verdicts[:2]))
	}
}

func TestWithoutPythonItsPoolIsLeftOut(t *testing.T) {
	servertest.Slow(t)
	_, err := parts.Command(t.Context(), rig.Pool)
	require.NoError(t, err)
	t.Setenv("PATH", t.TempDir())
	r, err := try(t, parts, "where-they-wait -clients 5")
	require.NoError(t, err)
	assert.Len(t, r.Rows, 4)
	assert.Equal(t, "ny", answers(r.Verdicts))
	require.Len(t, r.Notes, 1)
	assert.Contains(t, r.Notes[0], "there is no python3. It would show")
}

// Which run a verdict judges does not depend on how fast it was.
func TestSleepJudgesTheRunsThatItClaims(t *testing.T) {
	t.Parallel()
	r, err := try(t, parts, "sleep -d 120ms -n 1")
	require.NoError(t, err)
	for i, row := range []int{1, 2, 3} { // one sleeper; a pool of one with none, and with one
		waited, _ := r.Rows[row].Figure("the other waited")
		assert.Equal(t, "waited "+waited.String(), r.Verdicts[i].Measured)
	}
}

func TestAClientThatFailsSaysSoInItsLane(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close()) // now nobody listens there
	chart := talk(t.Context(), &rig.Server{Server: &process.Server{Addr: ln.Addr().String()}, Name: "nobody"}, client.Run{Clients: 2})
	assert.Contains(t, chart.Lanes[0].Failure, "no server at ")
	assert.Equal(t, "nobody", chart.Title)
	assert.Len(t, chart.Lanes, 2)
}

// A lock loses nothing, at any speed. Whether something is lost without it is chance.
func TestWithALockNoUpdateIsLost(t *testing.T) {
	servertest.Slow(t)
	if process.WatchingRaces {
		t.Skip("the racy server would be told that it races")
	}
	r, err := try(t, parts, "lost-update -clients 8 -times 30000")
	require.NoError(t, err)
	assert.Equal(t, Holds, r.Verdicts[1].Answer)
	for _, row := range r.Rows {
		lost, _ := row.Figure("lost")
		assert.GreaterOrEqual(t, lost.Value, 0.0)
	}
}

func TestAThreadForEachClientIsMeasured(t *testing.T) {
	servertest.Slow(t)
	r, err := try(t, parts, "os-threads -clients 500 -threads 500 -d 100ms -limit=false")
	require.NoError(t, err)
	for _, row := range r.Rows {
		shared := slices.Contains([]string{goroutineEach, callbacks, coroutineEach}, row.Subject)
		if threads, ok := row.Figure("threads each"); ok && shared {
			assert.Less(t, threads.Value, 0.5, row.Subject)
		} else if ok {
			assert.Greater(t, threads.Value, 0.9, row.Subject)
		}
	}
}

// A server that serves a few clients tells nothing about the memory of many.
func TestNoMemoryIsJudgedByClientsThatAreNotServed(t *testing.T) {
	servertest.Slow(t)
	for other, serves := range map[string]float64{rig.Sequential: 1, rig.Refusing: 2} {
		servers, err := parts.Instead(map[string]string{rig.Threaded: other})
		require.NoError(t, err)
		r, err := try(t, servers, "os-threads -clients 500 -threads 500 -d 100ms -limit=false")
		require.NoError(t, err)
		for _, v := range r.Verdicts {
			if v.Claim == "a thread takes more memory than a goroutine" {
				assert.Equal(t, CouldNotTell, v.Answer)
			}
		}
		for _, row := range r.Rows {
			if served, ok := row.Figure("served"); ok && slices.Contains([]string{goroutineEach, lockedEach}, row.Subject) {
				assert.Equal(t, serves, served.Value, row.Subject)
			}
		}
	}
}

// A server that hangs up on clients that it has greeted costs the experiment nothing but their messages.
func TestAServerThatHangsUpOnGreetedClientsHasNotServedThem(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Write([]byte("*"))
		conn.Read(make([]byte, 1)) // and not the rest of the message, so the close resets the connection
		conn.Close()
	}()
	here, err := os.FindProcess(os.Getpid())
	require.NoError(t, err)
	s := &rig.Server{Server: &process.Server{Addr: ln.Addr().String(), Cmd: &exec.Cmd{Process: here}}}
	got, err := (&threadCost{clients: 1, d: 100 * time.Millisecond}).cost(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, 1, got.served)
	assert.False(t, got.whole)
}

func TestSmallStacksTakeLittleAddressSpace(t *testing.T) {
	servertest.Slow(t)
	if !smallStacks(t) {
		t.Skip("this system does not let a process choose the size of stacks")
	}
	r, err := try(t, parts, "os-threads -clients 500 -threads 500 -d 100ms -limit=false")
	require.NoError(t, err)
	require.Equal(t, "10,000 threads occupy 80 GB of address space", r.Verdicts[0].Claim)
	assert.Equal(t, DoesNotHold, r.Verdicts[0].Answer, r.Verdicts[0].Measured)
	assert.Contains(t, r.Verdicts[0].Why, "gets 1 MiB here (ulimit -s)")
}

func TestWithoutACompilerThreadsOfGoMustDo(t *testing.T) {
	servertest.Slow(t)
	servers, err := rig.NewServers(t.Context(), func() {})
	require.NoError(t, err)
	defer servers.Close()
	_, err = servers.Command(t.Context(), rig.Threaded)
	require.NoError(t, err)
	t.Setenv("PATH", t.TempDir())
	r, err := try(t, servers, "os-threads -clients 500 -threads 500 -d 100ms -limit=false")
	require.NoError(t, err)
	assert.Len(t, r.Rows, 2)
	assert.LessOrEqual(t, len(r.Verdicts), 1, "of memory, where the system tells it")
	assert.Contains(t, r.Notes[0], "It would show what the threads of the text cost")
	assert.Contains(t, r.Notes[1], "there is no node. It would show what a client costs an event loop")
	assert.Contains(t, r.Notes[2], "there is no python3")
}

func TestPastTheRuntimesLimitItsOwnMessageIsShown(t *testing.T) {
	servertest.Slow(t)
	if process.WatchingRaces {
		t.Skip("the race detector allows fewer goroutines than that")
	}
	if limit := rig.DescriptorLimit(); limit != rig.Unknown && limit < maxThreads+300 {
		t.Skip("this machine does not allow a process so many open files")
	}
	var r Result
	verdicts, err := pastTheLimit(t.Context(), &Trial{Servers: parts}, &r)
	require.NoError(t, err)
	if verdicts[0].Answer == CouldNotTell {
		t.Skip(verdicts[0].Why)
	}
	assert.Equal(t, "y", answers(verdicts))
	assert.Contains(t, r.Notes[0], "exceeds 10000-thread limit")
}

// A server that takes no more clients has not survived more threads than the runtime allows.
func TestClientsThatWaitAreNotPastTheLimit(t *testing.T) {
	servertest.Slow(t)
	servers, err := parts.Instead(map[string]string{rig.Threaded: rig.Sequential})
	require.NoError(t, err)
	var r Result
	verdicts, err := pastTheLimit(t.Context(), &Trial{Servers: servers}, &r)
	require.NoError(t, err)
	assert.Equal(t, "?", answers(verdicts))
	assert.Equal(t, "it served 1 clients", verdicts[0].Measured)
}

// An interrupt ends an experiment, at its beginning and in its middle. By itself each would go on for
// a minute.
func TestAnInterruptEndsEachExperiment(t *testing.T) {
	const limit = 30 * time.Second // for a machine that is busy
	for _, line := range []string{
		"three-clients -pause 1m", "arrivals -pause 1m", "sleep -d 1m", "where-they-wait", "idle-flood -patience 1m",
		"os-threads -d 1m", "costs -d 1m", "cpu-bound -d 1m", "degradation -d 1m", "overload -d 1m", "retry-storm -d 1m", "littles-law -d 1m", "pool-size -d 1m", "nagle -pause 1m",
		"lost-update -times 100000", "squatters -idle-timeout 50s -patience 1m", "refuse-or-wait -patience 1m",
	} {
		for _, after := range []time.Duration{0, 100 * time.Millisecond} {
			t.Run(line+" after "+after.String(), func(t *testing.T) {
				t.Parallel()
				if process.WatchingRaces && strings.HasPrefix(line, "lost-update") {
					t.Skip("the racy server would be told that it races")
				}
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				ended := make(chan error, 1)
				do := setup(t, line)
				go func() {
					_, err := do(ctx, &Trial{Servers: parts, Progress: func(Step) {
						if after == 0 {
							interrupt()
						}
						time.AfterFunc(after, interrupt)
					}})
					ended <- err
				}()
				select {
				case err := <-ended:
					if after == 0 || err != nil { // where-they-wait has a quick end of its own
						assert.ErrorIs(t, ctx.Err(), context.Canceled, "it ended by itself: %v", err)
					}
				case <-time.After(limit):
					assert.Fail(t, "it still runs "+limit.String()+" after the interrupt")
				}
			})
		}
	}
}
