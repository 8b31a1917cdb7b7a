package server

import (
	"log/slog"
	"net"
	"time"
)

// Refuse tells the client of a connection that Accept returned, or of what a strategy has wrapped around it, that the
// server does not serve it. It says [Server.Busy] and closes the connection. The caller calls it instead of handle.
// Refuse does not block, because the caller may be an accept loop: a goroutine talks to the client. It ends within half a
// second, whatever the client does, and when the server stops. Then the client may get the end of the connection alone.
func Refuse(nc net.Conn) {
	c := clientOf(nc)
	if !c.clients.refuse(c) {
		nc.Close()
		return
	}
	if logging() {
		slog.Info("refused: busy", "conn", c.number)
	}
	if c.clients.busy == nil {
		nc.Close()
		return
	}
	go c.sayBusy(nc, time.Now().Add(lingerTime))
}

// sayBusy says the refusal and closes nc, which is c or wraps it. It takes until the given time at most.
func (c *conn) sayBusy(nc net.Conn, until time.Time) {
	defer nc.Close()
	nc.SetDeadline(until) // the client may never read
	if _, err := nc.Write(c.clients.busy); err == nil {
		c.linger(until) // the client may be sending a request that nobody has read
	}
}
