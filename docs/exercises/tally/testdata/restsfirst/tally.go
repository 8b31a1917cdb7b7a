// Package tally is wrong: it has no lock, and rests before it begins.
package tally

// A Tally counts how often words have been asked for. It must be safe for concurrent use.
type Tally struct {
	counts [10]int
	total  int    // the sum of counts
	pause  func() // stands for what the scheduler may do at any time; may be nil
}

// Add counts that word i has been asked for.
func (t *Tally) Add(i int) {
	t.rest()
	t.rest()
	t.counts[i]++
	t.total++
}

// Total returns how often each word has been asked for, and how often all have been asked for
// together, at one moment.
func (t *Tally) Total() (counts [10]int, total int) {
	return t.counts, t.total
}

// rest lets other goroutines run, if a test wants that.
func (t *Tally) rest() {
	if t.pause != nil {
		t.pause()
	}
}
