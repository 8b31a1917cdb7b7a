package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"example.com/concurrent-servers/shared/console"
)

// ErrRefused says that the server has told the client that it is busy, in the words of the protocol.
var ErrRefused = errors.New("refused: the server is busy")

// connectError says in one line why there is no connection.
func connectError(err error) error {
	var op *net.OpError
	switch {
	case console.Refused(err) && errors.As(err, &op):
		return fmt.Errorf("no server at %v: start one first", op.Addr)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("not connected within %v: the server's backlog is full, or the host does not answer", connectPatience)
	}
	return fmt.Errorf("not connected: %w", err)
}

// broken says in one line why the client could read or write no more: late if the client's patience had ended, and
// otherwise that the server hung up, or what err says. where tells when that was.
func broken(err error, late, where string) error {
	var errno syscall.Errno
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errors.New(late)
	case errors.Is(err, io.EOF):
		return errors.New("the server hung up " + where)
	case errors.As(err, &errno): // without the addresses, which differ between clients that fail alike
		err = errno
	}
	return fmt.Errorf("the conversation broke off %s: %.100v", where, err)
}

// notServed says in one line why a connected client did not get what a server sends first.
func (t *talk) notServed(err error, first, or string) error {
	reason := broken(err, fmt.Sprintf("no %s within %s", first, console.Duration(t.patience)), "before the "+first)
	return fmt.Errorf("%w: the server is busy or stopping, or %s", reason, or)
}

// cutOff says in one line how a conversation ended after got of all things had come.
func cutOff(err error, got, all int, things string) error {
	missing, where := fmt.Sprintf("only %d of %d %s", got, all, things), fmt.Sprintf("after %d of %d %s", got, all, things)
	switch got {
	case all:
		missing, where = "the server did not hang up", "before the server hung up"
	case 0:
		missing = "no reply"
	}
	return broken(err, fmt.Sprintf("%s within %v after the client hung up", missing, closePatience), where)
}
