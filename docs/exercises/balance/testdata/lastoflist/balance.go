// Package balance is wrong: of several machines that are least busy, it picks the last.
package balance

import "sync"

// A Balancer chooses a machine for each conversation. It is safe for concurrent use.
type Balancer struct {
	max      int
	mu       sync.Mutex
	machines []*machine // in the order of the list
}

// machine is what the balancer knows about a machine; guarded by Balancer.mu.
type machine struct {
	name string
	open int // conversations
	down bool
}

// New returns a balancer for machines that may have at most max conversations each.
func New(max int, machines ...string) *Balancer {
	b := &Balancer{max: max}
	for _, name := range machines {
		b.machines = append(b.machines, &machine{name: name})
	}
	return b
}

// Pick returns the machine with the fewest open conversations. If there are several, it returns the one
// that comes first in the list. The new conversation counts until done is called; calling done again
// changes nothing. If every machine is full or down, ok is false.
func (b *Balancer) Pick() (machine string, done func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.leastBusy()
	if m == nil {
		return "", func() {}, false
	}
	m.open++ // under the same lock, or two clients could get the last place
	return m.name, sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		m.open--
	}), true
}

// leastBusy returns nil if every machine is full or down.
func (b *Balancer) leastBusy() *machine {
	var least *machine
	for _, m := range b.machines {
		if m.down || m.open >= b.max {
			continue
		}
		if least == nil || m.open <= least.open {
			least = m
		}
	}
	return least
}

// Down takes a machine out, so that it is not picked. Its open conversations go on and count.
func (b *Balancer) Down(machine string) { b.setDown(machine, true) }

// Up puts a machine back that Down has taken out.
func (b *Balancer) Up(machine string) { b.setDown(machine, false) }

func (b *Balancer) setDown(machine string, down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.machines {
		if m.name == machine {
			m.down = down
		}
	}
}
