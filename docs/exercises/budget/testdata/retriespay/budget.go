// Package budget is wrong: retries pay into the budget as if they were requests.
package budget

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	PerRetry = 10 // how many requests pay for one retry
	MostKept = 10 // how many retries the requests of quiet times can pay for in advance
)

// A Retryer asks a server again when it fails. All clients of a program share one. Do is safe for
// concurrent use; set the fields before.
type Retryer struct {
	Attempts int                             // how often one request is tried at most, the first time included
	Wait     func(attempt int) time.Duration // how long to wait after an attempt that failed, such as Jitter

	mu   sync.Mutex
	paid int // requests that no retry has been spent for
}

// Do makes one request: it calls ask, and again after a wait if that fails, up to r.Attempts times. It
// returns the error of the last attempt, at once when it doesn't try again. It doesn't try again when
// ctx is done, nor when the budget has no retry left.
//
// All requests share the budget. It is empty at first. Each request pays a tenth of a retry into it
// before its first attempt, and no more however often it is tried; each retry takes a whole one out.
// The budget never holds more than MostKept retries.
func (r *Retryer) Do(ctx context.Context, ask func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		r.pay()
		err := ask(ctx)
		if err == nil || attempt == r.Attempts || ctx.Err() != nil || !r.spend() {
			return err
		}
		select {
		case <-time.After(r.Wait(attempt)):
		case <-ctx.Done():
		}
		if ctx.Err() != nil { // select may choose the timer when both are ready
			return err
		}
	}
}

func (r *Retryer) pay() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paid = min(r.paid+1, MostKept*PerRetry)
}

// spend takes a retry out of the budget. It returns false if there is none.
func (r *Retryer) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paid < PerRetry {
		return false
	}
	r.paid -= PerRetry
	return true
}

// Jitter is exponential backoff with full jitter: a random time up to 100 ms after the first attempt,
// up to twice as long after each further one, and never longer than 2 s.
func Jitter(attempt int) time.Duration {
	const first, most = 100 * time.Millisecond, 2 * time.Second
	return rand.N(min(first<<min(attempt-1, 10), most))
}
