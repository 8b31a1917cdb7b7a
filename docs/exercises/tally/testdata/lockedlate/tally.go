// Package tally is wrong: it reads before it takes the lock.
package tally

import "sync"

// A Tally counts how often words have been asked for. It must be safe for concurrent use.
type Tally struct {
	mu     sync.Mutex
	counts [10]int // guarded by mu
	total  int     // the sum of counts; guarded by mu
	pause  func()  // stands for what the scheduler may do at any time; may be nil
}

// Add counts that word i has been asked for.
func (t *Tally) Add(i int) {
	n := t.counts[i]
	t.rest()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[i] = n + 1
	t.rest()
	t.total++
}

// Total returns how often each word has been asked for, and how often all have been asked for
// together, at one moment.
func (t *Tally) Total() (counts [10]int, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts, t.total
}

// rest lets other goroutines run, if a test wants that.
func (t *Tally) rest() {
	if t.pause != nil {
		t.pause()
	}
}
