// Package failover is a solution of the exercise.
package failover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Greeting is what a server says to a client whom it serves.
const Greeting = '*'

// Dial connects to the first of the machines that admits us: its Greeting must come within patience,
// counted from the beginning of dial. Dial reads nothing beyond the greeting, and closes the
// connections to the other machines. If no machine admits us, the error names each machine and its
// reason. If ctx is done, Dial returns at once; a connection that it has returned does not depend on
// ctx.
func Dial(
	ctx context.Context, patience time.Duration, machines []string,
	dial func(ctx context.Context, addr string) (net.Conn, error),
) (net.Conn, error) {
	reasons := []error{errors.New("no machine has admitted us")}
	for _, machine := range machines {
		conn, err := try(ctx, patience, machine, dial)
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err() // it is not the machine's fault, and would not be the next one's
		}
		reasons = append(reasons, fmt.Errorf("%s: %w", machine, err))
	}
	return nil, errors.Join(reasons...)
}

// try connects to one machine and reads its greeting, within patience.
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
	stop := context.AfterFunc(ctx, func() { conn.Close() }) // which ends the read
	err = readGreeting(conn)
	if !stop() { // conn is closed, or will be in a moment, even if the greeting was read
		return nil, ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func readGreeting(conn net.Conn) error {
	var said [1]byte
	if _, err := io.ReadFull(conn, said[:]); err != nil {
		return err
	}
	if said[0] != Greeting {
		return fmt.Errorf("it said %q", said[0])
	}
	return nil
}
