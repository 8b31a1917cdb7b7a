//go:build exercise

package boundedqueue

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAFullQueueRefuses(t *testing.T) {
	q := New(2)
	nothing := func() {}
	assert.True(t, q.Send(nothing))
	assert.True(t, q.Send(nothing))
	assert.False(t, q.Send(nothing), "two wait already")
	q.Receive()
	assert.True(t, q.Send(nothing), "one place is free again")
	assert.False(t, q.Send(nothing))
}

func TestManySendersDoNotOverfillIt(t *testing.T) {
	for range 100 {
		q := New(10)
		var taken atomic.Int64
		var sending sync.WaitGroup
		for range 50 {
			sending.Go(func() {
				if q.Send(func() {}) {
					taken.Add(1)
				}
			})
		}
		sending.Wait()
		assert.Equal(t, int64(10), taken.Load())
	}
}

// One job wakes one receiver, but another that never slept may take it first.
func TestWhoIsWokenLooksAgain(t *testing.T) {
	for range 10_000 {
		q := New(100)
		var receiving sync.WaitGroup
		for range 8 {
			receiving.Go(func() {
				for range 20 {
					q.Receive()
				}
			})
		}
		for sent := 0; sent < 8*20; {
			if q.Send(func() {}) {
				sent++
			} else {
				runtime.Gosched()
			}
		}
		receiving.Wait()
	}
}

func TestJobsComeInTheirOrder(t *testing.T) {
	q := New(3)
	var order []int
	for i := range 5 {
		q.Send(func() { order = append(order, i) })
	}
	for range 3 {
		q.Receive()()
	}
	assert.Equal(t, []int{0, 1, 2}, order, "the first three, and whom it refused never")
}
