// Package perip is wrong: a client that leaves does not give its place back.
package perip

import (
	"net"
	"sync"
)

// A Limit bounds how many clients from one IP address are served at a time. It is safe for concurrent
// use.
type Limit struct {
	n       int
	mu      sync.Mutex
	clients map[string]int // the clients counted from each address; guarded by mu
}

// NewLimit returns a limit of n clients from each address.
func NewLimit(n int) *Limit {
	return &Limit{n: n, clients: make(map[string]int)}
}

// Enter counts a client from ip and returns true. If n clients from ip are counted already, it returns
// false.
func (l *Limit) Enter(ip string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients[ip] >= l.n {
		return false
	}
	l.clients[ip]++
	return true
}

// Leave uncounts a client from ip that Enter has counted.
func (l *Limit) Leave(ip string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clients[ip]--
	if l.clients[ip] == 0 {
		delete(l.clients, ip) // or the map keeps every address that a client ever came from
	}
}

// Len returns from how many addresses at least one client is counted.
func (l *Limit) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.clients)
}

// Serve serves each client in a goroutine of its own with handle, which closes the connection, but at
// most limit clients at a time from one IP address. It hangs up on all others at once. When ln is
// closed, Serve waits for the last handle and returns the error of Accept.
func Serve(limit int, ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	addresses := NewLimit(limit)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		ip := host(conn.RemoteAddr())
		if !addresses.Enter(ip) {
			conn.Close()
			continue
		}
		clients.Go(func() {
			handle(conn)
		})
	}
}

// host returns addr without its port. An IPv6 address contains colons too, so the first colon is not
// the right one.
func host(addr net.Addr) string {
	ip, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String() // not every network has ports
	}
	return ip
}
