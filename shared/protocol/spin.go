package protocol

import (
	"sync"
	"time"
)

// spin computes what one processor computes in d, and returns the result. It is an amount of work
// and not a time: two spins that share a processor take twice as long, as all real work does.
func spin(d time.Duration) uint64 { return churn(rounds(d, churnRate())) }

// rounds returns how many rounds take the time d at a rate of so many rounds a second. The longest
// spin has more rounds than an int of 32 bits can hold.
func rounds(d time.Duration, rate float64) int64 { return int64(d.Seconds() * rate) }

// churnRate returns how many rounds of churn one processor computes in a second. It measures once,
// and takes the best of several runs, because whatever else the machine does can only slow a run
// down.
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

// churn computes so many rounds, each from the result of the last, and returns the result.
//
//go:noinline
func churn(rounds int64) (x uint64) {
	x = 1
	for range rounds {
		x ^= x << 13 // Marsaglia's xorshift
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
