//go:build exercise

package balance

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

// pick returns what Pick does, and "nobody" if no machine may have one more.
func pick(b *Balancer) (machine string, done func()) {
	machine, done, ok := b.Pick()
	if !ok {
		return "nobody", func() {}
	}
	return machine, done
}

// picks are the next n machines, of which nothing is given back.
func picks(b *Balancer, n int) (machines []string) {
	for range n {
		machine, _ := pick(b)
		machines = append(machines, machine)
	}
	return machines
}

func TestTheLeastBusyIsPicked(t *testing.T) {
	b := New(3, "a", "b", "c")
	_, a := pick(b)
	_, bb := pick(b)
	assert.Equal(t, []string{"c", "a", "b"}, picks(b, 3), "the first of those that have the fewest")
	bb()
	assert.Equal(t, []string{"b", "c"}, picks(b, 2), "b and c have the fewest, of which b comes first; then c alone has")
	a()
	assert.Equal(t, []string{"a", "a", "b", "c", "nobody", "nobody"}, picks(b, 6), "no machine has more than three")
}

func TestAPlaceIsGivenBackOnce(t *testing.T) {
	b := New(2, "a")
	_, first := pick(b)
	_, second := pick(b)
	first()
	first()
	assert.Equal(t, []string{"a", "nobody"}, picks(b, 2), "one of two has ended, and has said so twice")
	second()
	assert.Equal(t, []string{"a", "nobody"}, picks(b, 2), "the other one has ended")
}

func TestWhatIsDownIsNotPicked(t *testing.T) {
	b := New(2, "a", "b")
	_, done := pick(b)
	b.Down("a")
	b.Down("a")
	b.Down("a machine that is not in the list")
	assert.Equal(t, []string{"b", "b", "nobody"}, picks(b, 3), "a is down")
	b.Up("a")
	assert.Equal(t, []string{"a", "nobody"}, picks(b, 2), "a is up, and one of its conversations went on while it was down")
	b.Down("a")
	done()
	b.Up("a")
	b.Up("a")
	b.Up("a machine that is not in the list")
	assert.Equal(t, []string{"a", "nobody"}, picks(b, 2), "a is up, and one of its conversations ended while it was down")
}

func TestWhatWasDownKeepsItsPlaceInTheList(t *testing.T) {
	b := New(1, "a", "b", "c")
	b.Down("a")
	b.Up("a")
	assert.Equal(t, []string{"a", "b", "c", "nobody"}, picks(b, 4))
}

func TestManyAtOnceDoNotOverfillAMachine(t *testing.T) {
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
	assert.Zero(t, over.Load(), "how often a machine had more than %d", most)
	assert.Zero(t, unknown.Load(), "how often it was no machine of the list")
	assert.Equal(t, []string{"a", "b", "a", "b", "a", "b", "nobody"}, picks(b, 7), "all have ended")
}
