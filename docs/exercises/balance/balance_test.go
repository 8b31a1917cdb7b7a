//go:build exercise

package balance

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// pick returns what Pick does, and "none" if ok is false.
func pick(b *Balancer) (machine string, done func()) {
	machine, done, ok := b.Pick()
	if !ok {
		return "none", func() {}
	}
	return machine, done
}

// wantPicks checks to which machines the next clients are sent. They stay there.
func wantPicks(t *testing.T, b *Balancer, want, why string) {
	t.Helper()
	var machines []string
	for range strings.Fields(want) {
		machine, _ := pick(b)
		machines = append(machines, machine)
	}
	if got := strings.Join(machines, " "); got != want {
		t.Fatalf("%s. The next clients are sent to: %s. They should be sent to: %s.", why, got, want)
	}
}

func TestLeastBusyMachineIsPicked(t *testing.T) {
	b := New(3, "a", "b", "c")
	_, leaveA := pick(b)
	_, leaveB := pick(b)
	wantPicks(t, b, "c a b", "One client talks to each of a and b, and none to c")
	leaveB()
	wantPicks(t, b, "b c", "Two clients talk to a, and one to each of b and c")
	leaveA()
	wantPicks(t, b, "a a b c none none", "One client talks to a, and two to each of b and c. No machine may have more than three")
}

func TestPlaceIsGivenBackOnce(t *testing.T) {
	b := New(2, "a")
	_, leaveFirst := pick(b)
	_, leaveSecond := pick(b)
	leaveFirst()
	leaveFirst()
	wantPicks(t, b, "a none", "One of two clients has left, and done was called twice for it. The machine may have two")
	leaveSecond()
	wantPicks(t, b, "a none", "The other client has left as well, and one is there. The machine may have two")
}

func TestMachineThatIsDown(t *testing.T) {
	b := New(2, "a", "b")
	_, leave := pick(b)
	b.Down("a")
	b.Down("a")
	b.Down("a machine that is not in the list")
	wantPicks(t, b, "b b none", "One client talks to a, and a is down for new ones. Each machine may have two")
	b.Up("a")
	wantPicks(t, b, "a none", "a is up again, its client has stayed, and b is full. Each machine may have two")
	b.Down("a")
	leave()
	b.Up("a")
	b.Up("a")
	b.Up("a machine that is not in the list")
	wantPicks(t, b, "a none", "a is up again, one of its two clients has left meanwhile, and b is full. Each machine may have two")
}

func TestMachineThatWasDownKeepsItsPlace(t *testing.T) {
	b := New(1, "a", "b", "c")
	b.Down("a")
	b.Up("a")
	wantPicks(t, b, "a b c none", "a, the first of the list, was down and is up again. No client is there yet")
}

// A Pick that looks and counts under two locks fails this only now and then, and on one processor
// never.
func TestManyClientsAtOnce(t *testing.T) {
	const most = 3
	b := New(most, "a", "b")
	open := map[string]*atomic.Int64{"a": {}, "b": {}}
	var over, unknown atomic.Int64
	var picking sync.WaitGroup
	for range 20 {
		picking.Go(func() {
			for range 500 {
				machine, done, ok := b.Pick()
				if !ok {
					runtime.Gosched()
					continue
				}
				if open[machine] == nil {
					unknown.Add(1)
					continue
				}
				if open[machine].Add(1) > most {
					over.Add(1)
				}
				runtime.Gosched()
				open[machine].Add(-1)
				done()
			}
		})
	}
	picking.Wait()
	if n := unknown.Load(); n > 0 {
		t.Fatalf("20 clients come at once, again and again, and %d times they are sent to a machine that is not in the list.", n)
	}
	if n := over.Load(); n > 0 {
		t.Fatalf("20 clients come at once, again and again, and %d times a client is sent to a machine that has %d already. "+
			"It may have no more.", n, most)
	}
	wantPicks(t, b, "a b a b a b none", "All clients have left. Each machine may have three")
}
