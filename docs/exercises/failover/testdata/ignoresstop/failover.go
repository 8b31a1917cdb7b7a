// Package failover is wrong: it may return a connection that its AfterFunc closes.
package failover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Greeting is what a server sends to a client when it begins to serve it.
const Greeting = '*'

// Dial connects to the machines in their order and returns the first connection on which it has read
// the Greeting. Each machine has as long as patience for that, connecting included. Dial reads nothing
// beyond the greeting, and closes the other connections. If no machine greets, the error names each
// machine and its reason. If ctx is done, Dial returns at once. The connection that it returns does not
// depend on ctx.
func Dial(
	ctx context.Context, patience time.Duration, machines []string,
	dial func(ctx context.Context, addr string) (net.Conn, error),
) (net.Conn, error) {
	reasons := []error{errors.New("no machine has greeted")}
	for _, machine := range machines {
		conn, err := try(ctx, patience, machine, dial)
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // the machine is not the reason
		}
		reasons = append(reasons, fmt.Errorf("%s: %w", machine, err))
	}
	return nil, errors.Join(reasons...)
}

// try connects to a machine and reads its greeting within patience.
func try(
	ctx context.Context, patience time.Duration, machine string,
	dial func(ctx context.Context, addr string) (net.Conn, error),
) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := dial(ctx, machine)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // ends the read
	err = readGreeting(conn)
	stop()
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func readGreeting(conn net.Conn) error {
	var got [1]byte
	if _, err := io.ReadFull(conn, got[:]); err != nil {
		return err
	}
	if got[0] != Greeting {
		return fmt.Errorf("greeted with %q, want %q", got[0], Greeting)
	}
	return nil
}
