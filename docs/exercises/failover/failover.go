// Package failover is an exercise: see README.md.
package failover

import (
	"context"
	"errors"
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
	for _, machine := range machines {
		conn, err := dial(ctx, machine)
		if err == nil {
			return conn, nil // change this: connected is not admitted
		}
	}
	return nil, errors.New("no machine has admitted us")
}
