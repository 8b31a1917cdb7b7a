//go:build exercise

package resize

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

const (
	least, most = 2, 5 // workers
	idle        = time.Minute

	stuck = "Clients wait for ever: their jobs are in the queue, and no worker runs them, or Close waits for a worker that does not end."
)

// withPool calls use with a pool and closes it.
func withPool(t *testing.T, use func(*testing.T, *Pool)) {
	t.Helper()
	bubble.Run(t, stuck, func(t *testing.T) {
		p := New(least, most, idle)
		use(t, p)
		synctest.Wait()
		began := time.Now()
		p.Close()
		if took := time.Since(began); took > 0 {
			t.Fatalf("All clients have been served, and Close waits for %v. It should not wait for idle workers.", took)
		}
		if n := p.Workers(); n != 0 {
			t.Fatalf("Close has returned, and Workers says that there are %d workers. All should have ended.", n)
		}
	})
}

// execute queues n jobs that take as long as d, and checks how many clients are served at once.
func execute(t *testing.T, p *Pool, n int, d time.Duration) {
	t.Helper()
	var running atomic.Int64
	for range n {
		p.Execute(func() { running.Add(1); time.Sleep(d); running.Add(-1) })
	}
	synctest.Wait()
	if got, want := int(running.Load()), min(n, most); got != want {
		t.Fatalf("%d clients come at once to a pool of %d to %d workers, and %d are served at once. It should be %d.",
			n, least, most, got, want)
	}
}

func wantWorkers(t *testing.T, p *Pool, want int, when string) {
	t.Helper()
	if got := p.Workers(); got != want {
		t.Fatalf("A pool has %d to %d workers, which may be idle for %v. %s and the pool has %d workers for the next clients. "+
			"It should have %d.", least, most, idle, when, got, want)
	}
}

func TestPoolGrowsWhileJobsWait(t *testing.T) {
	for clients, workers := range []int{2, 2, 2, 3, 4, 5, 5, 5} {
		withPool(t, func(t *testing.T, p *Pool) {
			execute(t, p, clients, time.Second)
			if got := p.Workers(); got != workers {
				t.Fatalf("%d clients come at once, and the pool has %d workers. It should have %d.", clients, got, workers)
			}
			time.Sleep(2 * time.Second)
			execute(t, p, clients, time.Second)
			if got := p.Workers(); got != workers {
				t.Fatalf("%d clients come at once, for the second time, and the pool has %d workers. It should have %d.",
					clients, got, workers)
			}
			time.Sleep(2 * time.Second)
		})
	}
}

func TestPoolShrinksWhenIdle(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		for range 3 {
			execute(t, p, 5, 2*idle)
			time.Sleep(2*idle + idle/2)
			wantWorkers(t, p, 5, "Five workers have been idle for 30s,")
			time.Sleep(idle/2 + 1)
			wantWorkers(t, p, 2, "Five workers have been idle for a minute,")
			time.Sleep(10 * idle)
			wantWorkers(t, p, 2, "No client has come for ten minutes,")
			execute(t, p, 1, time.Second)
			wantWorkers(t, p, 2, "One client comes after that,")
			time.Sleep(2 * time.Second)
		}
	})
}

func TestBusyWorkersStay(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		execute(t, p, 4, 3*idle)
		execute(t, p, 1, time.Second)
		time.Sleep(2 * idle)
		wantWorkers(t, p, 4, "Four workers are busy, and the fifth has been idle for nearly two minutes,")
		time.Sleep(idle)
	})
}

func TestNoJobIsLostWhileThePoolShrinks(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		const rounds, clients = 200, 8
		var served atomic.Int64
		for range rounds {
			for range clients {
				p.Execute(func() { served.Add(1) })
			}
			synctest.Wait()
			if n := p.Workers(); n > most {
				t.Fatalf("%d clients come at once, and the pool has %d workers. It should have at most %d.", clients, n, most)
			}
			time.Sleep(idle) // workers end while the next clients come
		}
		synctest.Wait()
		if n := served.Load(); n != rounds*clients {
			t.Fatalf("%d clients have come, and %d have been served. Their jobs came while workers ended.", rounds*clients, n)
		}
	})
}

func TestCloseWaitsForAllJobs(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		var served atomic.Int64
		p := New(least, most, idle)
		for range 20 {
			p.Execute(func() { time.Sleep(time.Second); served.Add(1) })
		}
		p.Close()
		if n := served.Load(); n != 20 {
			t.Fatalf("20 clients have come, and Close has returned when %d had been served. It should be all.", n)
		}
	})
}
