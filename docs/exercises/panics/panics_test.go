//go:build exercise

package panics

import (
	"bytes"
	"log"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// withPool has use work with a pool of two, which it closes. That the pool stands still for ever is a failure.
func withPool(t *testing.T, use func(*testing.T, *Pool)) (logged string) {
	var lines bytes.Buffer
	log.SetOutput(&lines)
	defer log.SetOutput(os.Stderr)
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("the pool stands still: %v", v)
		}
	}()
	synctest.Test(t, func(t *testing.T) { use(t, New(2)) })
	return lines.String()
}

// twoAtOnce says whether p still runs two jobs at a time, and all before Close returns.
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
		assert.Equal(t, failing, bytes.Count([]byte(logged), []byte("a bug")), "each panic is to be logged once")
	}
}

func TestAJobThatEndsItsGoroutineCostsNoWorker(t *testing.T) {
	for _, failing := range []int{1, 3} {
		withPool(t, func(t *testing.T, p *Pool) {
			for range failing {
				p.Execute(runtime.Goexit)
			}
			twoAtOnce(t, p, "jobs that called runtime.Goexit")
		})
	}
}

func TestTheLastJobMayFail(t *testing.T) {
	for name, fail := range map[string]func(){"panics": func() { panic("a bug") }, "calls runtime.Goexit": runtime.Goexit} {
		withPool(t, func(t *testing.T, p *Pool) {
			var ended atomic.Int64
			for range 2 {
				p.Execute(func() { time.Sleep(time.Second); fail() })
				p.Execute(func() { time.Sleep(time.Second); ended.Add(1) })
				p.Execute(func() { time.Sleep(time.Second); fail() })
			}
			p.Close()
			assert.EqualValues(t, 2, ended.Load(), "Close returned before all jobs had ended, and every other %s", name)
		})
	}
}
