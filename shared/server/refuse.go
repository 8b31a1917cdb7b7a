package server

import (
	"log/slog"
	"net"
	"time"
)

// Refuse tells the client of a connection that Accept returned, or of what a strategy has wrapped around it, that the
// server does not serve it. It says [Server.Busy] and closes the connection. The strategy calls it instead of handle.
// Refuse does not block, because the caller may be an accept loop: a goroutine talks to the client. It ends soon,
// whatever the client does: the client has half a second to read the refusal and hang up. When the server stops, it
// closes the connections of clients that are being refused.
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
	go c.sayBusy(nc)
}

// sayBusy says the refusal and closes nc, which is c or wraps it.
func (c *conn) sayBusy(nc net.Conn) {
	defer nc.Close()
	deadline := time.Now().Add(lingerTime)
	nc.SetDeadline(deadline) // the client may never read
	if _, err := nc.Write(c.clients.busy); err == nil {
		c.linger(deadline) // the client may be sending a request, which nobody reads otherwise
	}
}
