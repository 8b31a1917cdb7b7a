package server

import (
	"cmp"
	"net"
	"slices"
	"sync"
	"time"
)

// clients knows every client from the moment it is accepted until its connection is closed. It is safe for
// concurrent use.
type clients struct {
	freed chan struct{} // gets a token when a connection has been closed, so that a starved Accept tries again
	busy  []byte        // what a client is told that is refused; nil for nothing

	mu       sync.Mutex
	open     map[*conn]struct{}
	stopping bool
	counters Counters
	times    Times
	peak     int // the largest number of clients that were open at the same time
}

func newClients() *clients {
	return &clients{freed: make(chan struct{}, 1), open: make(map[*conn]struct{})}
}

// Counters are the facts of the log as numbers. Every accepted client is in exactly one of the five others.
type Counters struct {
	Accepted int64 `json:"accepted"` // all so far
	Waiting  int64 `json:"waiting"`  // their conversations have not begun
	Serving  int64 `json:"serving"`  // their conversations have begun, and their connections are open
	Served   int64 `json:"served"`   // their conversations ended in order
	Failed   int64 `json:"failed"`   // their conversations ended by an error, a panic, or the stop of the server
	Refused  int64 `json:"refused"`  // refused, or closed, before their conversations began
}

// Times are sums over clients, in seconds. Divided by a number of clients they are what each took on average: both count
// a client at the moment at which [Counters] does.
type Times struct {
	Waited float64 `json:"waited"` // by those whose conversations have begun: from when they were accepted until then
	Stayed float64 `json:"stayed"` // by those who have left: from when they were accepted until they were refused, or else closed
}

// Counters returns the counters as they are now.
func (s *Server) Counters() Counters {
	counters, _, _ := s.clients.read()
	return counters
}

// read returns what the books say at one moment.
func (cs *clients) read() (counters Counters, times Times, peak int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.counters, cs.times, cs.peak
}

// add numbers a connection that has just been accepted. It returns nil if the server is stopping.
func (cs *clients) add(nc net.Conn) *conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.stopping {
		return nil
	}
	cs.counters.Accepted++
	cs.counters.Waiting++
	c := &conn{Conn: nc, clients: cs, number: cs.counters.Accepted, accepted: time.Now()}
	cs.open[c] = struct{}{}
	cs.peak = max(cs.peak, len(cs.open))
	return c
}

// begin reports whether the conversation with c may begin. It may begin once, and not after the server has been
// told to stop.
func (cs *clients) begin(c *conn) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.stopping || c.state != stateWaiting {
		return false
	}
	c.state = stateServing
	cs.counters.Waiting--
	cs.counters.Serving++
	cs.times.Waited += time.Since(c.accepted).Seconds()
	return true
}

// refuse reports whether c may be told that it is refused: once, before its conversation, and not after the server has
// been told to stop.
func (cs *clients) refuse(c *conn) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.stopping || c.state != stateWaiting {
		return false
	}
	c.state = stateRefused
	cs.counters.Waiting--
	cs.counters.Refused++
	cs.times.Stayed += time.Since(c.accepted).Seconds()
	return true
}

// conversationEnded notes how the conversation with c has ended. From now on, closing c cuts nothing off.
func (cs *clients) conversationEnded(c *conn, failed bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch {
	case c.state != stateServing: // its connection was closed before
	case failed:
		c.state = stateFailed
	default:
		c.state = stateServed
	}
}

// closed forgets c, whose connection has been closed, and returns the state that c was in.
func (cs *clients) closed(c *conn) (was connState) {
	cs.mu.Lock()
	was = c.state
	c.state = stateClosed
	switch was {
	case stateWaiting:
		cs.counters.Waiting--
		cs.counters.Refused++
	case stateServing, stateFailed:
		cs.counters.Serving--
		cs.counters.Failed++
	case stateServed:
		cs.counters.Serving--
		cs.counters.Served++
	}
	if was != stateRefused && was != stateClosed {
		cs.times.Stayed += time.Since(c.accepted).Seconds()
	}
	delete(cs.open, c)
	cs.mu.Unlock()

	select {
	case cs.freed <- struct{}{}:
	default: // the last token has not been taken yet
	}
	return was
}

// stop lets no conversation begin from now on, and closes the clients that wait for theirs or are being refused. It
// returns how many conversations are still going on.
func (cs *clients) stop() (talking int) {
	cs.mu.Lock()
	cs.stopping = true
	var waiting []*conn
	for c := range cs.open {
		switch c.state {
		case stateWaiting, stateRefused:
			waiting = append(waiting, c)
		case stateServing:
			talking++
		}
	}
	cs.mu.Unlock()
	slices.SortFunc(waiting, func(a, b *conn) int { return cmp.Compare(a.number, b.number) })
	for _, c := range waiting {
		c.Close()
	}
	return talking
}

// closeAll closes all connections, and returns how many conversations that has cut off.
func (cs *clients) closeAll() (cut int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.open {
		if c.state == stateServing {
			cut++
		}
		c.Conn.Close() // the conversation notices, and handle closes c itself
	}
	return cut
}
