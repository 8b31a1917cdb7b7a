// Package tally is wrong: each number is right, and they do not belong together.
package tally

import "sync/atomic"

// A Tally counts how often words have been asked for. It must be safe for concurrent use.
type Tally struct {
	counts [10]atomic.Int64
	total  atomic.Int64 // the sum of counts
	pause  func()       // stands for what the scheduler may do at any time; may be nil
}

// Add counts that word i has been asked for.
func (t *Tally) Add(i int) {
	t.rest()
	t.counts[i].Add(1)
	t.rest()
	t.total.Add(1)
}

// Total returns how often each word has been asked for, and how often all have been asked for
// together, at one moment.
func (t *Tally) Total() (counts [10]int, total int) {
	for i := range t.counts {
		counts[i] = int(t.counts[i].Load())
	}
	return counts, int(t.total.Load())
}

// rest lets other goroutines run, if a test wants that.
func (t *Tally) rest() {
	if t.pause != nil {
		t.pause()
	}
}
