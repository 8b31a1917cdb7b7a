//go:build exercise

package panics

import (
	"bytes"
	"log"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// withPool calls use with a pool of two workers and returns what was logged. Use closes the pool. It
// is a failure if nothing can go on.
func withPool(t *testing.T, use func(*testing.T, *Pool)) (logged string) {
	var lines bytes.Buffer
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	defer func() { assert.Nil(t, recover(), "the pool waits for ever") }()
	synctest.Test(t, func(t *testing.T) { use(t, New(2)) })
	return lines.String()
}

// twoAtOnce fails the test unless p runs two jobs at a time, and all of them before Close returns.
func twoAtOnce(t *testing.T, p *Pool, after string) {
	var began, ended atomic.Int64
	for range 5 {
		p.Execute(func() { began.Add(1); time.Sleep(time.Second); ended.Add(1) })
	}
	synctest.Wait()
	assert.EqualValues(t, 2, began.Load(), "how many of 5 jobs a pool of two runs at once, after %s", after)
	p.Close()
	assert.EqualValues(t, 5, ended.Load(), "how many of 5 jobs have ended when Close returns, after %s", after)
}

func TestAJobThatPanicsCostsNoWorker(t *testing.T) {
	for _, failing := range []int{0, 1, 3} {
		logged := withPool(t, func(t *testing.T, p *Pool) {
			for range failing {
				p.Execute(func() { panic("a bug") })
			}
			twoAtOnce(t, p, "jobs that panicked")
		})
		assert.Equal(t, failing, bytes.Count([]byte(logged), []byte("a bug")), "how often the panic was logged for %d jobs that panicked", failing)
	}
}

func TestTheLastJobMayPanic(t *testing.T) {
	withPool(t, func(t *testing.T, p *Pool) {
		var ended atomic.Int64
		for range 2 {
			p.Execute(func() { time.Sleep(time.Second); panic("a bug") })
			p.Execute(func() { time.Sleep(time.Second); ended.Add(1) })
			p.Execute(func() { time.Sleep(time.Second); panic("a bug") })
		}
		p.Close()
		assert.EqualValues(t, 2, ended.Load(), "how many of 2 jobs between jobs that panic have ended when Close returns")
	})
}
