package client

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"example.com/concurrent-servers/shared/console"
)

const (
	connectPatience = 10 * time.Second // a full backlog drops the handshake without a word
	closePatience   = 10 * time.Second // for the last replies, once everything has been said
)

// talk is one client's conversation.
type talk struct {
	log             *slog.Logger
	pause, patience time.Duration
	conn            net.Conn

	arrived, admitted, done time.Time // set by run, whatever happens
	onArrival, onAdmission  func()
}

// run connects, carries on the conversation, and closes the connection.
func (t *talk) run(ctx context.Context, dial func(context.Context) (net.Conn, error), converse func(context.Context, *talk) error) (err error) {
	t.arrived = time.Now()
	t.onArrival()
	defer func() {
		if t.done.IsZero() {
			t.done = time.Now()
		}
		if t.admitted.IsZero() {
			t.admitted = t.done
		}
		if ctx.Err() != nil {
			err = errors.New("interrupted")
		}
	}()
	connecting, cancel := context.WithTimeout(ctx, connectPatience)
	t.conn, err = dial(connecting)
	cancel()
	if err != nil {
		return connectError(err)
	}
	defer t.conn.Close()
	defer context.AfterFunc(ctx, func() { t.conn.Close() })() // ends whatever waits for the server
	return converse(ctx, t)
}

// greeted notes the moment of admission.
func (t *talk) greeted() {
	t.admitted = time.Now()
	t.onAdmission()
	t.log.Info("greeted after " + console.Duration(t.admitted.Sub(t.arrived)))
}

// hangUp says that the client has nothing more to say, while it still listens, and for how long.
func (t *talk) hangUp() error {
	t.done = time.Now() // before the server can know: two clients never seem to share one slot
	t.log.Info("disconnecting")
	t.conn.SetDeadline(t.done.Add(closePatience))
	if half, ok := t.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.New("the connection cannot be closed in one direction")
}
