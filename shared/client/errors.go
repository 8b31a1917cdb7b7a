package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// Windows has its own numbers for what other systems say with ECONNREFUSED.
const windowsRefused = syscall.Errno(10061)

// connectError says in one line why there is no connection.
func connectError(err error) error {
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, windowsRefused):
		if errors.As(err, &op) && op.Addr != nil {
			return fmt.Errorf("no server at %v: start one first", op.Addr)
		}
		return errors.New("no server there: start one first")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("full: not connected within %v, so the server's backlog has no room", connectPatience)
	}
	return fmt.Errorf("not connected: %w", err)
}

// greetingError says in one line why a connected client was not served.
func greetingError(err error, patience time.Duration) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no greeting within %v: the server has no time, or speaks another protocol", patience)
	}
	return errors.New("the server hung up before its greeting: it is stopping, or speaks another protocol")
}

// responseError says in one line why there is no response over HTTP.
func responseError(err error, patience time.Duration) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no response within %v: the server has no time, or does not speak HTTP", patience)
	}
	return errors.New("the server hung up before its response: it is stopping, or does not speak HTTP")
}

// replyError says in one line how a conversation broke off after got of all things.
func replyError(err error, got, all int, things string) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && got == all:
		return fmt.Errorf("the server did not hang up within %v of the client", closePatience)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("the server is silent after %d of %d %s, for %v", got, all, things, closePatience)
	}
	return fmt.Errorf("the server hung up after %d of %d %s", got, all, things)
}
