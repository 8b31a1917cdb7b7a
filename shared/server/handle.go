package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"time"

	"example.com/concurrent-servers/shared/console"
)

// errGoexit stands for a conversation that ended its own goroutine.
var errGoexit = errors.New("the conversation called runtime.Goexit")

// handle carries on the conversation with one client and closes its connection. Whatever happens in the
// conversation stays in it: a panic is logged and costs this client alone.
//
// Its frame stays on the stack while a client idles, so all that needs room is left to functions that return
// before: with them inlined here, each idle client's stack would double from 2 to 4 KiB.
func (s *Server) handle(nc net.Conn) {
	c, ok := nc.(*conn)
	if !ok {
		panic(fmt.Sprintf("server: a strategy handed %T to handle, want the connection as Accept returned it", nc))
	}
	if !s.begin(c) {
		return
	}
	err := errGoexit // unless the conversation returns or panics
	defer s.finish(c, &err)
	err = s.Conversation(c)
}

func (s *Server) begin(c *conn) bool {
	if !s.clients.begin(c) {
		c.Close()
		return false
	}
	c.idle = s.IdleTimeout
	c.started = time.Now()
	if logging() {
		slog.Info("serving", "conn", c.number)
	}
	return true
}

// finish must be deferred itself, for recover to work.
func (s *Server) finish(c *conn, result *error) {
	s.clients.conversationEnded(c)
	err := *result
	if v := recover(); v != nil {
		err = fmt.Errorf("panic: %v", v)
		slog.Error(err.Error(), "conn", c.number, "stack", string(debug.Stack()))
	}
	took := time.Since(c.started)
	if err == nil && !c.over { // what has been over needs no time to end
		c.linger()
	}
	s.clients.end(c, err != nil)
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
		slog.Info(fmt.Sprintf("failed %s: idle for %v, without a byte ever", traffic, c.idle), "conn", c.number)
	case errors.Is(err, os.ErrDeadlineExceeded):
		slog.Info(fmt.Sprintf("failed %s: idle for %v", traffic, c.idle), "conn", c.number)
	case errors.Is(err, net.ErrClosed):
		slog.Info(fmt.Sprintf("failed %s: closed by force", traffic), "conn", c.number)
	default:
		slog.Info(fmt.Sprintf("failed %s: %v", traffic, cause(err)), "conn", c.number)
	}
}

// logging says whether lines about single clients are wanted; formatting them costs more than serving a
// short conversation.
func logging() bool {
	return slog.Default().Enabled(context.Background(), slog.LevelInfo)
}

// cause is what the system said, without the addresses and call names that package net puts before it.
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
