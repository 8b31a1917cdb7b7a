//go:build exercise

package resize

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

const idle = time.Minute

// withPool calls use with a pool of two to five workers, and closes it. It is a failure if nothing
// can go on.
func withPool(t *testing.T, use func(*testing.T, *Pool)) {
	defer func() { assert.Nil(t, recover(), "the pool waits for ever") }()
	synctest.Test(t, func(t *testing.T) {
		p := New(2, 5, idle)
		use(t, p)
		synctest.Wait()
		began := time.Now()
		p.Close()
		assert.Less(t, time.Since(began), idle, "Close waited although all jobs had ended")
		assert.Zero(t, p.Workers(), "workers after Close")
	})
}

// execute queues n jobs that take as long as d, and looks how many run at once.
func execute(t *testing.T, p *Pool, n int, d time.Duration, want int) {
	var running atomic.Int64
	for range n {
		p.Execute(func() { running.Add(1); time.Sleep(d); running.Add(-1) })
	}
	synctest.Wait()
	assert.EqualValues(t, want, running.Load(), "how many of %d jobs run at once", n)
}

func TestItGrowsWhileJobsWaitForAWorker(t *testing.T) {
	for jobs, workers := range []int{2, 2, 2, 3, 4, 5, 5, 5} {
		withPool(t, func(t *testing.T, p *Pool) {
			execute(t, p, jobs, time.Second, min(jobs, 5))
			assert.Equal(t, workers, p.Workers(), "workers for %d jobs", jobs)
			time.Sleep(2 * time.Second)
			execute(t, p, jobs, time.Second, min(jobs, 5))
			assert.Equal(t, workers, p.Workers(), "workers for %d jobs, the second time", jobs)
			time.Sleep(2 * time.Second)
		})
	}
}

func TestItShrinksWhenThereIsNothingToDo(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		for range 3 {
			execute(t, p, 5, 2*idle, 5)
			time.Sleep(2*idle + idle/2)
			assert.Equal(t, 5, p.Workers(), "workers, after half the idle time")
			time.Sleep(idle/2 + 1)
			assert.Equal(t, 2, p.Workers(), "workers, after the idle time")
			time.Sleep(10 * idle)
			assert.Equal(t, 2, p.Workers(), "workers, after a long time")
			execute(t, p, 1, time.Second, 1)
			assert.Equal(t, 2, p.Workers(), "workers for one job")
			time.Sleep(2 * time.Second)
		}
	})
}

func TestWhoHasSomethingToDoDoesNotEnd(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		execute(t, p, 4, 3*idle, 4)
		execute(t, p, 1, time.Second, 1)
		time.Sleep(2 * idle)
		assert.Equal(t, 4, p.Workers(), "workers: four are busy, and the fifth has had nothing to do for long")
		time.Sleep(idle)
	})
}

func TestNoJobIsLostWhileItShrinks(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		var ran atomic.Int64
		for range 200 {
			for range 8 {
				p.Execute(func() { ran.Add(1) })
			}
			synctest.Wait()
			assert.LessOrEqual(t, p.Workers(), 5)
			time.Sleep(idle) // as long as the workers wait
		}
		synctest.Wait()
		assert.EqualValues(t, 200*8, ran.Load(), "jobs that have been run")
	})
}

func TestCloseWaitsForAllJobs(t *testing.T) {
	var ran atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		p := New(2, 5, idle)
		for range 20 {
			p.Execute(func() { time.Sleep(time.Second); ran.Add(1) })
		}
		p.Close()
		assert.EqualValues(t, 20, ran.Load(), "jobs that have been run when Close returns")
	})
}
