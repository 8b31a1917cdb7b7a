//go:build exercise

package tally

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// The other tests need the pauses where they are. Without a lock an Add that never rests, or only when
// it has nothing half done, would pass them.
func TestAddRestsInTheMiddle(t *testing.T) {
	var tally Tally
	type numbers struct{ counts, total string }
	read := func() numbers { return numbers{fmt.Sprint(tally.counts), fmt.Sprint(tally.total)} }
	before := read()
	var seen []numbers // at each call of rest
	tally.pause = func() { seen = append(seen, read()) }
	tally.Add(3)
	inOrder := len(seen) == 2 && seen[0] == before && seen[1].counts != before.counts && seen[1].total == before.total
	if !inOrder {
		t.Fatal("Leave the calls of rest where they are: Add rests once before it changes a number, and once when the " +
			"counts are one ahead of the total. Otherwise no test can show what two clients at once do to Add.")
	}
}

// On one processor, a pause that yields runs the other goroutines until each is blocked or yields too.
// So the result does not depend on the machine.
func TestNoQuestionIsLost(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const clients, questions = 8, 1000
	tally := Tally{pause: runtime.Gosched}
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for i := range questions {
				tally.Add(i % 3)
			}
		})
	}
	asking.Wait()
	counts, total := tally.Total()
	if counted := sum(counts); counted != clients*questions || total != clients*questions {
		t.Fatalf("%d clients asked %d questions each, which makes %d. A client that asks for the counts sees %d, and "+
			"a total of %d. Updates are lost: two clients read the same number, and both wrote it back plus one.",
			clients, questions, clients*questions, counted, total)
	}
}

func TestCountsAndTotalBelongTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var tally Tally
	var reading sync.WaitGroup
	seen := make(chan [2]int, 10) // what clients see that ask for the counts
	tally.pause = func() {
		reading.Go(func() {
			counts, total := tally.Total()
			seen <- [2]int{sum(counts), total}
		})
		for range 10 {
			runtime.Gosched()
		}
	}
	tally.Add(3)
	reading.Wait()
	for range len(seen) {
		if saw := <-seen; saw[0] != saw[1] {
			t.Fatalf("A client asks for the counts while Add counts the question of another one. It sees counts "+
				"that add up to %d, and a total of %d. It should never see half an update.", saw[0], saw[1])
		}
	}
}

func sum(counts [10]int) (all int) {
	for _, n := range counts {
		all += n
	}
	return all
}
