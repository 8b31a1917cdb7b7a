//go:build exercise

package panics

import (
	"bytes"
	"log"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

// withPool calls use with a pool of two workers and returns what was logged. Use closes the pool.
func withPool(t *testing.T, use func(*testing.T, *Pool)) (logged string) {
	t.Helper()
	var lines bytes.Buffer
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	bubble.Run(t, "Clients wait for ever: their jobs are in the queue, and no worker is left to run them.", func(t *testing.T) {
		use(t, New(2))
	})
	return lines.String()
}

func TestPanicsCostNoWorker(t *testing.T) {
	for _, panics := range []int{0, 1, 3} {
		logged := withPool(t, func(t *testing.T, p *Pool) {
			for range panics {
				p.Execute(func() { panic("a bug") })
			}
			var began, ended atomic.Int64
			for range 5 {
				p.Execute(func() { began.Add(1); time.Sleep(time.Second); ended.Add(1) })
			}
			synctest.Wait()
			if n := began.Load(); n != 2 {
				t.Fatalf("After %d jobs that panicked, 5 clients come. A pool of 2 workers serves %d of them at a time. "+
					"It should serve 2.", panics, n)
			}
			p.Close()
			if n := ended.Load(); n != 5 {
				t.Fatalf("After %d jobs that panicked, 5 clients come. When Close returns, %d of them have been served. "+
					"It should be all.", panics, n)
			}
		})
		if n := strings.Count(logged, "a bug"); n != panics {
			t.Fatalf("Jobs that panicked, and whose clients got no answer: %d. Panics in the log: %d. "+
				"The log should have one line about each.", panics, n)
		}
	}
}

func TestLastJobPanics(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		var ended atomic.Int64
		for range 2 {
			p.Execute(func() { time.Sleep(time.Second); panic("a bug") })
			p.Execute(func() { time.Sleep(time.Second); ended.Add(1) })
			p.Execute(func() { time.Sleep(time.Second); panic("a bug") })
		}
		p.Close()
		if n := ended.Load(); n != 2 {
			t.Fatalf("Two clients came between others whose jobs panic. When Close returned, %d of them had been served. "+
				"It should be both.", n)
		}
	})
}
