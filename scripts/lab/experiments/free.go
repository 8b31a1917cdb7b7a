package experiments

import (
	"sync"
	"time"
)

// The lab runs on all processors for spinFor, and counts as busy what it did not get: a goroutine on a free
// processor looks at the clock again and again, and sees no step longer than longStep.
const (
	spinFor  = 40 * time.Millisecond
	longStep = time.Millisecond
	mostBusy = 0.2 // of the time on all processors
)

// processorsFree reports whether the lab gets all of so many processors at this moment.
func processorsFree(processors int) bool {
	missed := make([]time.Duration, processors)
	var spinning sync.WaitGroup
	for i := range missed {
		spinning.Go(func() { missed[i] = spinAlong(time.Now(), time.Now) })
	}
	spinning.Wait()
	return mostlyFree(missed)
}

// spinAlong looks at the clock until spinFor has passed, and returns how much of it went by in long steps.
func spinAlong(began time.Time, clock func() time.Time) (missed time.Duration) {
	for last := began; last.Sub(began) < spinFor; {
		now := clock()
		if step := now.Sub(last); step > longStep {
			missed += step
		}
		last = now
	}
	return missed
}

// mostlyFree judges by how much each processor was missed.
func mostlyFree(missed []time.Duration) bool {
	sum := time.Duration(0)
	for _, m := range missed {
		sum += m
	}
	return float64(sum) <= mostBusy*float64(spinFor)*float64(len(missed))
}
