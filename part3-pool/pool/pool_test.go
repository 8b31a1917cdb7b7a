package pool

import (
	"bytes"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}

// newPool returns a pool, which the test closes. Every test that closes a pool runs in a bubble: there, a worker that
// never ends is reported at once.
func newPool(t *testing.T, size int) *Pool {
	t.Helper()
	p, err := New(size)
	require.NoError(t, err)
	return p
}

func TestTheLogSaysWhichWorkerTookAJob(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	var out bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, 2)
		for range 2 {
			p.Execute(func() { time.Sleep(time.Second) })
		}
		p.Close()
	})
	for _, worker := range []string{"worker=1", "worker=2"} {
		assert.Equal(t, 1, strings.Count(out.String(), `msg="took a job" `+worker), out.String())
	}
}

func TestAPoolWithoutWorkersIsRefused(t *testing.T) {
	for _, size := range []int{0, -1} {
		_, err := New(size)
		assert.ErrorContains(t, err, "want at least one worker")
	}
}

func TestAsManyJobsRunAtOnceAsThereAreWorkersAndExecuteNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, 3)
		var running, done atomic.Int64
		for range 1000 { // more than any channel that one would make
			p.Execute(func() {
				running.Add(1)
				time.Sleep(time.Second)
				running.Add(-1)
				done.Add(1)
			})
		}
		for second := range 3 {
			synctest.Wait()
			assert.EqualValues(t, 3, running.Load())
			assert.EqualValues(t, 3*second, done.Load())
			time.Sleep(time.Second)
		}
		p.Close()
		assert.EqualValues(t, 1000, done.Load(), "Close lets queued jobs run")
	})
}

func TestJobsAreTakenInTheOrderInWhichTheyWereQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, 1)
		var order []int
		for i := range 100 {
			p.Execute(func() { order = append(order, i) })
		}
		p.Close()
		assert.Len(t, order, 100)
		assert.True(t, slices.IsSorted(order))
	})
}

func TestAnyGoroutineMayQueueAndEveryJobRunsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, 4)
		var producers sync.WaitGroup
		var ran [8 * 1000]atomic.Int64
		for producer := range 8 {
			producers.Go(func() {
				for i := range 1000 {
					p.Execute(func() { ran[producer*1000+i].Add(1) })
				}
			})
		}
		producers.Wait()
		p.Close()
		for i := range ran {
			assert.EqualValues(t, 1, ran[i].Load())
		}
	})
}

func TestAJobThatFailsCostsNoWorker(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic": func() { panic("a bug") },
		"nil":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPool(t, 2)
				for range 1000 {
					p.Execute(fail)
				}
				var running atomic.Int64
				for range 5 {
					p.Execute(func() { running.Add(1); time.Sleep(time.Second) })
				}
				synctest.Wait()
				assert.EqualValues(t, 2, running.Load())
				p.Close()
				assert.EqualValues(t, 5, running.Load())
			})
		})
	}
}

func TestCloseMayBeRepeatedAndEndsExecute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, 2)
		p.Close()
		p.Close()
		assert.PanicsWithValue(t, "pool: Execute after Close", func() { p.Execute(func() {}) })
	})
}

func TestEachJobWakesAWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, 3)
		for range 2 {
			synctest.Wait() // all workers wait
			var running atomic.Int64
			for range 3 { // faster than a worker wakes up
				p.Execute(func() { running.Add(1); time.Sleep(time.Second) })
			}
			synctest.Wait()
			assert.EqualValues(t, 3, running.Load())
			time.Sleep(2 * time.Second)
		}
		p.Close()
	})
}

func TestTheQueueGivesItsArrayBackAfterABurst(t *testing.T) {
	q := newQueue()
	for range 10_000 {
		q.send(func() {})
	}
	for range 10_000 {
		q.receive()
	}
	assert.Zero(t, cap(q.jobs))
}

func TestTheQueueKeepsNoFinishedJobAlive(t *testing.T) {
	q := newQueue()
	collected := make(chan struct{})
	func() {
		big := new([1 << 20]byte)
		runtime.AddCleanup(big, func(c chan struct{}) { close(c) }, collected)
		q.send(func() { big[0] = 1 })
	}()
	q.send(func() {}) // so that the queue's array lives on
	q.receive()
	for range 1000 {
		runtime.GC()
		select {
		case <-collected:
			runtime.KeepAlive(q)
			return
		case <-time.After(time.Millisecond): // the cleanup runs in a goroutine of its own
		}
	}
	t.Error("the queue keeps a job that has been taken")
}

func ExamplePool() {
	workers, err := New(2)
	if err != nil {
		panic(err)
	}
	var sum atomic.Int64
	for i := range 10 {
		workers.Execute(func() { sum.Add(int64(i)) })
	}
	workers.Close()
	fmt.Println(sum.Load())
	// Output: 45
}

func BenchmarkExecute(b *testing.B) {
	p, err := New(2)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		p.Execute(func() {})
	}
	p.Close()
}
