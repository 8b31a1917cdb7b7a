// Package perip is an exercise: see README.md.
package perip

import (
	"net"
	"sync"
)

// A Limit bounds how many clients from one IP address are served at a time. It is safe for
// concurrent use.
type Limit struct {
	n       int
	mu      sync.Mutex
	clients map[string]int // how many are served from each address; guarded by mu
}

// NewLimit returns a limit of n clients from each address.
func NewLimit(n int) *Limit {
	return &Limit{n: n, clients: make(map[string]int)}
}

// Enter counts a client from ip and returns true, or returns false if n clients from ip are counted
// already.
func (l *Limit) Enter(ip string) bool {
	return true // write this
}

// Leave takes back one client from ip that Enter has counted.
func (l *Limit) Leave(ip string) {
	// and this
}

// Len returns how many addresses the limit knows: those from which at least one client is served.
func (l *Limit) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clients)
}

// Serve serves each client in a goroutine of its own with handle, which closes the connection, but
// at most limit clients at a time from one IP address. It closes the connections of all others at
// once. It returns when ln is closed and the last client has been served.
func Serve(limit int, ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() { handle(conn) }) // change this
	}
}
