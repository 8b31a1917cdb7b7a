// Package failover is an exercise: see README.md.
package failover

import (
	"context"
	"errors"
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
	for _, machine := range machines {
		conn, err := dial(ctx, machine)
		if err == nil {
			return conn, nil // change this: no greeting has been read
		}
	}
	return nil, errors.New("no machine has greeted")
}
