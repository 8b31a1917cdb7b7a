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

// New returns a balancer for machines that may have at most max conversations each.
func New(max int, machines ...string) *Balancer {
	return &Balancer{max: max, machines: machines}
}

// Pick returns the machine with the fewest open conversations. If there are several, it returns the one
// that comes first in the list. The new conversation counts until done is called; calling done again
// changes nothing. If every machine is full or down, ok is false.
func (b *Balancer) Pick() (machine string, done func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	machine = b.machines[b.next] // change this
	b.next = (b.next + 1) % len(b.machines)
	return machine, func() {}, true
}

// Down takes a machine out, so that it is not picked. Its open conversations go on and count.
func (b *Balancer) Down(machine string) {
	// write this
}

// Up puts a machine back that Down has taken out.
func (b *Balancer) Up(machine string) {
	// and this
}
