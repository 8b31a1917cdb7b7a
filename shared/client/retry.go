package client

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Retry says whether and when a client tries again whose attempt has failed. All clients of a run share one,
// because a budget is for all of them. Its methods are safe for concurrent use; set the fields before. A nil Retry
// never tries again.
//
// The waits are those of Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015). The budget is
// that of the AWS Builders' Library ("Timeouts, retries, and backoff with jitter") and of Finagle's RetryBudget.
type Retry struct {
	Attempts int            // how often a client tries at most, the first time included
	First    time.Duration  // the wait after the first attempt, and twice as long after each one more; 0 for no wait
	Most     time.Duration  // the longest wait
	Random   func() float64 // full jitter: what share of the wait a client waits, from 0 to 1; nil for the whole wait
	Budget   int            // one retry for so many requests of all clients; 0 for any number

	mu    sync.Mutex
	saved int // requests that no retry has been spent for, and one retry's worth at first; up to savedMost retries' worth
}

// savedMost bounds the retries that quiet times save up for a storm.
const savedMost = 100

// The names that [ParseRetry] knows, the default first.
var retries = []string{"none", "at-once", "backoff", "jitter", "budget"}

// Retries returns the names of the policies, the default first.
func Retries() []string { return slices.Clone(retries) }

// ParseRetry returns the policy with this name:
//
//	none     never again
//	at-once  again without a wait
//	backoff  again after a wait that doubles
//	jitter   the same, and each client waits for a random part of it, so they do not come back together
//	budget   the same as jitter, and all clients together retry a tenth as often as they ask, and once more, at most
func ParseRetry(name string) (*Retry, error) {
	r := &Retry{Attempts: 10}
	switch name {
	case "none":
		r.Attempts = 1
		return r, nil
	case "at-once":
		return r, nil
	case "backoff", "jitter", "budget":
		r.First, r.Most = 100*time.Millisecond, 2*time.Second
	default:
		return nil, fmt.Errorf("no way to retry is called %q, want %s", name, strings.Join(retries, ", "))
	}
	if name != "backoff" {
		r.Random = rand.Float64
	}
	if name == "budget" {
		r.Budget = 10
		r.saved = r.Budget // for a run of fewer clients than that
	}
	return r, nil
}

// Begin notes that a client begins a request, which pays for a part of a retry. The retries of that request are not
// requests of their own.
func (r *Retry) Begin() {
	if r == nil || r.Budget == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saved = min(r.saved+1, savedMost*r.Budget)
}

// Again says whether a client tries again whose attempt has failed, and after which wait. attempt counts its attempts
// so far, from 1. A retry that Again grants is spent, whether the client makes it or not.
func (r *Retry) Again(attempt int) (wait time.Duration, again bool) {
	if r == nil || attempt >= r.Attempts || !r.spend() {
		return 0, false
	}
	wait = r.First
	for i := 1; i < attempt && wait < r.Most; i++ {
		wait *= 2
	}
	wait = min(wait, r.Most)
	if r.Random != nil {
		wait = time.Duration(r.Random() * float64(wait))
	}
	return wait, true
}

// spend takes what a retry costs from the budget. It returns false if there is not so much.
func (r *Retry) spend() bool {
	if r.Budget == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.saved < r.Budget {
		return false
	}
	r.saved -= r.Budget
	return true
}
