//go:build exercise

package boundedqueue

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

type queue interface {
	Send(job func()) bool
	Receive() func()
}

func TestQueue(t *testing.T) {
	testQueue(t, func(limit int) queue { return New(limit) })
}

func TestChannelQueue(t *testing.T) {
	testQueue(t, func(limit int) queue { return NewChannel(limit) })
}

func testQueue(t *testing.T, open func(limit int) queue) {
	for _, c := range []struct {
		stuck string
		test  func(*testing.T, func(int) queue)
	}{
		{"A client comes to a full queue, and Send waits for room. The accept loop that called Send " +
			"accepts no other client meanwhile. Send should return false at once.", fullQueueRefuses},
		{"A client is refused, and Send does not return.", jobsKeepTheirOrder},
		{"Clients wait for ever: a worker that has been woken does not receive their jobs.", everyJobIsReceived},
		{"Several clients come at once, and one of their Sends does not return.", manySendersDoNotOverfill},
	} {
		bubble.Run(t, c.stuck, func(t *testing.T) { c.test(t, open) })
	}
}

func fullQueueRefuses(t *testing.T, open func(limit int) queue) {
	q := open(2)
	wantSent(t, q, true, "is the first in a queue with room for two")
	wantSent(t, q, true, "is the second in a queue with room for two")
	wantSent(t, q, false, "is the third in a queue with room for two")
	q.Receive()
	wantSent(t, q, true, "comes after a worker has received one of two jobs")
	wantSent(t, q, false, "comes when the queue is full again")
}

func wantSent(t *testing.T, q queue, want bool, client string) {
	t.Helper()
	says := map[bool]string{true: "is let into the queue", false: "is refused"}
	if got := q.Send(func() {}); got != want {
		t.Fatalf("A client %s. It %s. Send should return %v.", client, says[got], want)
	}
}

func jobsKeepTheirOrder(t *testing.T, open func(limit int) queue) {
	q := open(3)
	var served []int
	for i := range 5 {
		q.Send(func() { served = append(served, i) })
	}
	for range 3 {
		q.Receive()()
	}
	if got := fmt.Sprint(served); got != "[0 1 2]" {
		t.Fatalf("Clients 0 to 4 come to a queue with room for three, and the clients %s are served. "+
			"It should be the first three, in their order.", got)
	}
}

// A job wakes one receiver. Another receiver that did not sleep may receive that job first.
func everyJobIsReceived(t *testing.T, open func(limit int) queue) {
	for range 1000 {
		q := open(100)
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

// A Send that looks and then sends in two steps fails this only now and then, and on one processor
// never: no test can stop it between the two. So testdata has no such answer. It is wrong all the same,
// whether it appends under a second lock or looks at the length of a channel first.
func manySendersDoNotOverfill(t *testing.T, open func(limit int) queue) {
	for range 1000 {
		q := open(1)
		var sent atomic.Int64
		var sending sync.WaitGroup
		for range 4 {
			sending.Go(func() {
				if q.Send(func() {}) {
					sent.Add(1)
				}
			})
		}
		sending.Wait()
		if n := sent.Load(); n != 1 {
			t.Fatalf("Four clients come at once to a queue with room for one, and %d are let in. "+
				"Several looked before one was counted.", n)
		}
	}
}
