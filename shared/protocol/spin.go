package protocol

import (
	"sync"
	"time"
)

// spin computes what one processor can compute in d. It is an amount of work, not of time: two that share a
// processor take twice as long, as with any real work.
func spin(d time.Duration) {
	churn(int(d.Seconds() * churnRate()))
}

// churnRate is how many rounds of churn one processor does in a second. It is measured once, at the first need, as
// the best of some runs, since what else the machine does can only make a run slower.
var churnRate = sync.OnceValue(func() float64 {
	const rounds, runs = 1_000_000, 10
	best := time.Hour
	for range runs {
		start := time.Now()
		churn(rounds)
		best = min(best, time.Since(start))
	}
	return rounds / max(best, time.Microsecond).Seconds()
})

// churn computes for so many rounds, each of which needs the one before. The result keeps the compiler from leaving it out.
//
//go:noinline
func churn(rounds int) (x uint64) {
	x = 1
	for range rounds {
		x ^= x << 13 // Marsaglia's xorshift
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
