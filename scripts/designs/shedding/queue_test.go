package main

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// client is a connection with a number, and no more.
type client struct {
	net.Conn
	number int
}

// tried is a queue for three clients with a target of a second.
type tried struct {
	*queue
	refused chan int // the numbers of the clients that the queue has dropped
}

// try runs the test in a bubble and leaves the queue closed.
func try(t *testing.T, test func(*tried)) {
	synctest.Test(t, func(*testing.T) {
		refused := make(chan int, 10)
		tr := &tried{newQueue(3, time.Second, func(conn net.Conn) { refused <- conn.(client).number }), refused}
		test(tr)
		tr.close()
	})
}

// come has clients with these numbers come, d apart.
func (tr *tried) come(d time.Duration, numbers ...int) {
	for i, number := range numbers {
		if i > 0 {
			time.Sleep(d)
		}
		tr.send(client{number: number})
	}
}

// next returns the numbers of the next n clients.
func (tr *tried) next(n int) (numbers []int) {
	for range n {
		conn, _ := tr.receive()
		numbers = append(numbers, conn.(client).number)
	}
	return numbers
}

// dropped returns the numbers of the clients that the queue has dropped since the last call.
func (tr *tried) dropped() (numbers []int) {
	synctest.Wait()
	for range len(tr.refused) {
		numbers = append(numbers, <-tr.refused)
	}
	return numbers
}

func TestTheOldestIsServedFirstWhileTheQueueIsNotOverloaded(t *testing.T) {
	try(t, func(tr *tried) {
		tr.come(0, 1, 2, 3)
		assert.Equal(t, []int{1, 2, 3}, tr.next(3))
		assert.Empty(t, tr.dropped())
	})
}

func TestAClientThatHasWaitedForTheTargetIsDroppedThen(t *testing.T) {
	try(t, func(tr *tried) {
		tr.come(300*time.Millisecond, 1, 2, 3) // at 0s, 0.3s and 0.6s
		for _, step := range []struct {
			wait time.Duration
			want []int
		}{
			{400*time.Millisecond - 1, nil}, {1, []int{1}},
			{300*time.Millisecond - 1, nil}, {1, []int{2}},
		} {
			time.Sleep(step.wait)
			assert.Equal(t, step.want, tr.dropped())
		}
		assert.Equal(t, []int{3}, tr.next(1))
		time.Sleep(time.Minute)
		assert.Empty(t, tr.dropped(), "a client that has been taken has no deadline")
	})
}

func TestTheNewestIsServedFirstWhileTheQueueIsOverloaded(t *testing.T) {
	try(t, func(tr *tried) {
		tr.come(600*time.Millisecond, 1, 2, 3) // at 0s, 0.6s and 1.2s; the first is dropped at 1s
		tr.come(0, 4)
		assert.Equal(t, []int{4, 3, 2}, tr.next(3), "the queue has not been empty for 1.2s")
		assert.Equal(t, []int{1}, tr.dropped())
		tr.come(0, 5, 6)
		assert.Equal(t, []int{5, 6}, tr.next(2), "the queue has been empty in between")
	})
}

func TestAQueueThatIsNotEmptyForTheTargetIsNotOverloadedYet(t *testing.T) {
	try(t, func(tr *tried) {
		tr.come(0, 1)
		time.Sleep(400 * time.Millisecond)
		tr.come(0, 2, 3)
		assert.Equal(t, []int{1}, tr.next(1))
		time.Sleep(600 * time.Millisecond)
		tr.come(0, 4)
		assert.Equal(t, []int{2}, tr.next(1))
		time.Sleep(1)
		assert.Equal(t, []int{4, 3}, tr.next(2))
		assert.Empty(t, tr.dropped())
	})
}

func TestAFullQueueDropsTheOldest(t *testing.T) {
	try(t, func(tr *tried) {
		tr.come(0, 1, 2, 3, 4, 5)
		assert.Equal(t, []int{1, 2}, tr.dropped())
		assert.Equal(t, []int{3, 4, 5}, tr.next(3))
	})
}

func TestAClientForWhomAReceiverIsIdleTakesNoPlaceInTheQueue(t *testing.T) {
	try(t, func(tr *tried) {
		taken := make(chan int, 2)
		for range cap(taken) {
			go func() { taken <- tr.next(1)[0] }()
		}
		synctest.Wait()
		tr.come(0, 1, 2, 3, 4, 5) // faster than a receiver wakes up
		assert.Empty(t, tr.dropped())
		assert.Len(t, taken, 2)
		tr.come(0, 6)
		assert.Equal(t, []int{3}, tr.dropped(), "there is no idle receiver any more")
		tr.next(3)
	})
}

func TestACloseLetsTheReceiversTakeWhatIsLeft(t *testing.T) {
	try(t, func(tr *tried) {
		ended := make(chan bool, 1)
		tr.come(0, 1)
		tr.close()
		assert.Equal(t, []int{1}, tr.next(1))
		go func() {
			_, ok := tr.receive()
			ended <- ok
		}()
		synctest.Wait()
		assert.Len(t, ended, 1)
		assert.False(t, <-ended)
	})
	try(t, func(tr *tried) {
		ended := make(chan bool, 1)
		go func() {
			_, ok := tr.receive()
			ended <- ok
		}()
		synctest.Wait()
		tr.close()
		assert.False(t, <-ended, "a receiver that already waits ends, too")
	})
}
