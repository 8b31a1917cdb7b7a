// Package balance is an exercise: see README.md.
package balance

import "sync"

// A Balancer chooses a machine for each conversation. It is safe for concurrent use.
type Balancer struct {
	max      int
	mu       sync.Mutex
	machines []string
	next     int // guarded by mu
}

// New returns a balancer that lets each of the machines have at most max conversations at a time.
func New(max int, machines ...string) *Balancer {
	return &Balancer{max: max, machines: machines}
}

// Pick returns the machine with the fewest open conversations, and of several the one that comes first in the list. It
// counts one more for it until done is called; to call done again changes nothing. If no machine may have one more, ok
// is false and nothing was counted.
func (b *Balancer) Pick() (machine string, done func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	machine = b.machines[b.next] // change this
	b.next = (b.next + 1) % len(b.machines)
	return machine, func() {}, true
}

// Down takes a machine out: it is not picked any more. Conversations that are open there go on.
func (b *Balancer) Down(machine string) {
	// write this
}

// Up puts a machine back that Down has taken out.
func (b *Balancer) Up(machine string) {
	// and this
}
