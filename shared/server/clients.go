package server

import (
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"
)

// clients knows every client from its acceptance to its end. Its zero value is empty; it is safe for
// concurrent use.
type clients struct {
	mu       sync.Mutex
	open     map[*conn]struct{}
	stopping bool
	counters Counters

	freed chan struct{} // gets a token when a connection has been closed, so that a starved Accept tries again
}

// Counters are the facts of the log as numbers. Every accepted client is in exactly one of the four others.
type Counters struct {
	Accepted int64 `json:"accepted"` // all so far
	Waiting  int64 `json:"waiting"`  // accepted, and nobody serves them yet
	Serving  int64 `json:"serving"`
	Served   int64 `json:"served"` // ended in order
	Failed   int64 `json:"failed"` // ended by an error, a panic, or the stop of the server
}

// Counters returns the counters as they are now.
func (s *Server) Counters() Counters {
	s.clients.mu.Lock()
	defer s.clients.mu.Unlock()
	return s.clients.counters
}

// add numbers a connection that has just been accepted. It returns nil, and the connection is closed, if the
// server is stopping: nobody will be there to serve it.
func (cs *clients) add(nc net.Conn) *conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.stopping {
		nc.Close()
		return nil
	}
	if cs.open == nil {
		cs.open = make(map[*conn]struct{})
	}
	cs.counters.Accepted++
	cs.counters.Waiting++
	c := &conn{Conn: nc, number: cs.counters.Accepted, accepted: time.Now()}
	cs.open[c] = struct{}{}
	return c
}

// begin says whether the conversation with c may start. It may not once the server is stopping.
func (cs *clients) begin(c *conn) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.stopping {
		return false
	}
	c.serving = true
	cs.counters.Waiting--
	cs.counters.Serving++
	return true
}

// conversationEnded notes that closing c no longer cuts anything off.
func (cs *clients) conversationEnded(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	c.ended = true
}

// end closes c and forgets it.
func (cs *clients) end(c *conn, failed bool) {
	c.Close()
	cs.mu.Lock()
	delete(cs.open, c)
	cs.counters.Serving--
	if failed {
		cs.counters.Failed++
	} else {
		cs.counters.Served++
	}
	cs.mu.Unlock()

	select {
	case cs.freed <- struct{}{}:
	default: // nobody has taken the last token yet
	}
}

// stop closes every client that nobody serves yet, and keeps new ones out. It returns how many conversations
// are open.
func (cs *clients) stop() (talking int) {
	var unserved []int64
	cs.mu.Lock()
	cs.stopping = true
	for c := range cs.open {
		if c.serving {
			continue
		}
		c.Close()
		delete(cs.open, c)
		cs.counters.Waiting--
		cs.counters.Failed++
		unserved = append(unserved, c.number)
	}
	talking = len(cs.open)
	cs.mu.Unlock()
	if logging() {
		slices.Sort(unserved)
		for _, number := range unserved {
			slog.Info("closed unserved: the server is stopping", "conn", number)
		}
	}
	return talking
}

// closeAll closes all connections and returns how many conversations that has cut off.
func (cs *clients) closeAll() (cut int) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for c := range cs.open {
		c.Close()
		if !c.ended {
			cut++
		}
	}
	return cut
}
