// Package tally is a solution of the exercise.
package tally

import "sync"

// A Tally counts how often words have been asked for. It must be safe for concurrent use.
type Tally struct {
	mu     sync.Mutex
	counts [10]int // guarded by mu
	pause  func()  // stands for what the scheduler may do at any time; may be nil
}

// Add counts that word i has been asked for.
func (t *Tally) Add(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.counts[i]
	if t.pause != nil {
		t.pause()
	}
	t.counts[i] = n + 1
}

// Total is how often all words together have been asked for.
func (t *Tally) Total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	total := 0
	for _, n := range t.counts {
		total += n
	}
	return total
}
