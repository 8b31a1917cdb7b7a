//go:build exercise

package budget

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

var errDown = errors.New("the server is down")

// A backend counts how often it is asked.
type backend struct {
	mu    sync.Mutex
	asked int
	fails func(asked int) bool // whether it fails the time that it is asked
}

func (b *backend) ask(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if b.fails(b.asked) {
		return errDown
	}
	return nil
}

const stuck = "A client waits before its retry, and all others wait for it."

func always(int) bool { return true }
func never(int) bool  { return false }

// request makes n requests, one after the other, and returns how many of them failed.
func (b *backend) request(t *testing.T, r *Retryer, n int) (failed int) {
	for range n {
		if r.Do(t.Context(), b.ask) != nil {
			failed++
		}
	}
	return failed
}

func newRetryer(attempts int) *Retryer {
	return &Retryer{Attempts: attempts, Wait: func(int) time.Duration { return time.Second }}
}

func TestRetriesDoNotMultiplyTheLoad(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		b := &backend{fails: always}
		b.request(t, newRetryer(10), 100)
		if b.asked != 110 {
			t.Errorf("100 requests met a server that is down, and it was asked %d times. "+
				"It is asked 110 times if there is one retry for ten requests, and a request pays before its first attempt, "+
				"so that the tenth can be tried again.", b.asked)
		}
	})
}

func TestManyClientsShareOneBudget(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		b, r := &backend{fails: always}, newRetryer(10)
		var clients sync.WaitGroup
		for range 100 {
			clients.Go(func() { b.request(t, r, 10) })
		}
		clients.Wait()
		if b.asked > 1100 {
			t.Errorf("100 clients made 10 requests each to a server that is down, and it was asked %d times, want at most 1100.", b.asked)
		}
	})
}

func TestARetryHidesAFaultThatPasses(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		b := &backend{fails: func(asked int) bool { return asked%20 == 0 }}
		if failed := b.request(t, newRetryer(3), 1000); failed > 0 {
			t.Errorf("A server failed once in twenty times, and works when it is asked again. %d of 1000 clients got an error "+
				"although the budget had a retry for each of them.", failed)
		}
	})
}

func TestQuietTimesDoNotPayForAStorm(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		b, r := &backend{fails: never}, newRetryer(3)
		if b.request(t, r, 1000); b.asked != 1000 {
			t.Fatalf("1000 requests went well, and the server was asked %d times.", b.asked)
		}
		b.asked, b.fails = 0, always
		if b.request(t, r, 7); b.asked != 7+MostKept {
			t.Errorf("After 1000 requests without a fault the budget holds %d retries, and no more. Then 7 requests failed, "+
				"which may be tried 3 times each. The server was asked %d times, want %d.", MostKept, b.asked, 7+MostKept)
		}
	})
}

func TestNobodyWaitsInVain(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		b, r := &backend{fails: always}, newRetryer(3)
		began := time.Now()
		b.request(t, r, 1)
		if took := time.Since(began); took != 0 {
			t.Errorf("The budget had no retry, and the client heard of the error only after %v.", took)
		}
		b.fails = never
		b.request(t, r, 100)
		b.fails = always
		ctx, leave := context.WithTimeout(t.Context(), time.Second/2)
		defer leave()
		began = time.Now()
		err := r.Do(ctx, b.ask)
		if took := time.Since(began); took != time.Second/2 || err != errDown {
			t.Errorf("A client left after 500ms, in the middle of the wait. Do returned after %v, with %v. Want it to return at once, with the error of the server.", took, err)
		}
	})
}

func TestNobodyAsksForAClientThatHasLeft(t *testing.T) {
	bubble.Run(t, stuck, func(t *testing.T) {
		r := &Retryer{Attempts: 2, Wait: func(int) time.Duration { return 0 }}
		for range 100 { // or luck decides: a select takes either case when both are ready
			b := &backend{fails: never}
			b.request(t, r, 10*PerRetry) // so that the budget has retries
			ctx, leave := context.WithCancel(t.Context())
			b.asked, b.fails = 0, func(int) bool { leave(); return true }
			if err := r.Do(ctx, b.ask); b.asked > 1 || err != errDown {
				t.Fatalf("A client left while its first attempt failed. The server was asked %d times, and Do returned %v. "+
					"It should be once, and the error of the server.", b.asked, err)
			}
		}
	})
}
