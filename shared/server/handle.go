package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"example.com/concurrent-servers/shared/console"
)

// handle carries on the conversation with one client and closes its connection. A panic in the conversation is
// logged and costs this client alone.
//
// Its frame stays on the stack while a client idles. So everything that needs room is left to functions that
// have returned by then: inlined here, they would double the stack of each idle client from 2 to 4 KiB.
func (s *Server) handle(nc net.Conn) {
	c := clientOf(nc)
	if !s.begin(c) {
		nc.Close()
		return
	}
	var err error
	defer s.finish(nc, c, &err)
	err = s.conversation(c.through(nc))
}

// clientOf finds the client of a connection that Accept has returned, or of what a strategy has wrapped around
// it.
func clientOf(nc net.Conn) *conn {
	if c, ok := nc.(*conn); ok {
		return c
	}
	if addr, ok := nc.LocalAddr().(localAddr); ok {
		return addr.conn
	}
	panic(fmt.Sprintf("server: a strategy passed on %T: want a connection that Accept returned", nc))
}

// through returns what the conversation with c reads from and writes to: nc, which is c or wraps it.
func (c *conn) through(nc net.Conn) net.Conn {
	if nc == net.Conn(c) {
		return c
	}
	return wrapped{nc, c}
}

func (s *Server) begin(c *conn) bool {
	if !s.clients.begin(c) {
		return false
	}
	if s.OSThreads {
		runtime.LockOSThread()
	}
	c.idle = s.IdleTimeout
	c.started = time.Now()
	if logging() {
		slog.Info("serving", "conn", c.number)
	}
	return true
}

// finish must be called by defer, because recover works only then.
func (s *Server) finish(nc net.Conn, c *conn, result *error) {
	err := *result
	if v := recover(); v != nil {
		err = fmt.Errorf("panic: %v", v)
		slog.Error(err.Error(), "conn", c.number, "stack", string(debug.Stack()))
	}
	took := time.Since(c.started)
	s.clients.conversationEnded(c, err != nil)
	if err == nil {
		c.linger(time.Now().Add(lingerTime))
	}
	nc.Close()
	if s.OSThreads {
		runtime.UnlockOSThread()
	}
	if logging() {
		logEnd(c, took, err)
	}
}

func logEnd(c *conn, took time.Duration, err error) {
	traffic := fmt.Sprintf("(%s, %d bytes in, %d out)", console.Duration(took), c.in, c.out)
	switch {
	case err == nil:
		slog.Info("done "+traffic, "conn", c.number)
	case errors.Is(err, os.ErrDeadlineExceeded) && c.in == 0:
		slog.Info(fmt.Sprintf("failed %s: idle for %v, and never sent a byte", traffic, c.idle), "conn", c.number)
	case errors.Is(err, os.ErrDeadlineExceeded):
		slog.Info(fmt.Sprintf("failed %s: idle for %v", traffic, c.idle), "conn", c.number)
	case errors.Is(err, net.ErrClosed):
		slog.Info(fmt.Sprintf("failed %s: closed by force", traffic), "conn", c.number)
	default:
		slog.Info(fmt.Sprintf("failed %s: %v", traffic, cause(err)), "conn", c.number)
	}
}

// logging reports whether lines about single clients are wanted. Formatting them costs more than serving a short
// conversation.
func logging() bool {
	return slog.Default().Enabled(context.Background(), slog.LevelInfo)
}

// cause returns what the system said, without the addresses and call names that package net puts before it.
func cause(err error) error {
	var system *os.SyscallError
	var operation *net.OpError
	switch {
	case errors.As(err, &system):
		return system.Err
	case errors.As(err, &operation):
		return operation.Err
	}
	return err
}
