package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

const (
	connectPatience = 10 * time.Second // the kernel drops a handshake at a full backlog without an answer
	closePatience   = 10 * time.Second // for the last replies, after the client has hung up
)

// A talk is one client's conversation.
type talk struct {
	log             *slog.Logger
	pause, patience time.Duration
	retry           *Retry
	attempts        int
	conn            net.Conn     // of the last attempt; nil if that could not connect
	said            atomic.Int32 // how many lines the client has said so far, or is saying

	start    time.Time // of the chart
	arrived  time.Time
	admitted time.Time // zero for a client that was never admitted
	hungUp   time.Time // zero for a client that failed before it hung up
	paid     time.Time // when the last of the bytes came that the server owed
	lane     timeline.Lane
}

// run has the conversation, in as many attempts as it may take, and completes the lane.
func (t *talk) run(ctx context.Context, dial func(context.Context) (net.Conn, error), converse func(context.Context, *talk) error) {
	t.arrived = time.Now()
	t.lane.Arrived = t.arrived.Sub(t.start)
	t.retry.Begin()
	err := t.attempt(ctx, dial, converse)
	for (t.conn == nil || errors.Is(err, ErrRefused)) && t.again(ctx, err) {
		err = t.attempt(ctx, dial, converse)
	}
	done := t.hungUp
	switch {
	case err != nil:
		done = time.Now()
	case t.paid.After(done):
		done = t.paid
	}
	if t.admitted.IsZero() {
		t.admitted = done
	}
	t.lane.Waited, t.lane.Served = t.admitted.Sub(t.arrived), done.Sub(t.admitted)
	if !t.hungUp.IsZero() {
		t.lane.Late = done.Sub(t.hungUp)
	}
	if err != nil && ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	if err != nil {
		t.lane.Failure, t.lane.Refused = err.Error(), errors.Is(err, ErrRefused)
		if t.conn != nil || t.attempts > 1 { // otherwise the client has logged nothing that this line could end
			t.log.Info("failed: " + t.lane.Failure)
		}
	}
}

// attempt connects, carries on the conversation and closes the connection.
func (t *talk) attempt(ctx context.Context, dial func(context.Context) (net.Conn, error), converse func(context.Context, *talk) error) error {
	t.attempts++
	t.conn = nil
	connecting, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	conn, err := dial(connecting)
	if err != nil {
		return connectError(err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })() // ends all reading and writing
	t.conn = conn
	return converse(ctx, t)
}

// again waits before the next attempt, and reports whether there is one. err is why the last one failed.
func (t *talk) again(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	wait, again := t.retry.Again(t.attempts)
	if !again {
		return false
	}
	t.log.Info(fmt.Sprintf("%v: trying again in %s", err, console.Duration(wait)))
	return Sleep(ctx, wait) == nil
}

// admit notes the moment of admission.
func (t *talk) admit(at time.Time) {
	t.admitted = at
	t.lane.Waited = at.Sub(t.arrived)
}

// greeted admits the client now.
func (t *talk) greeted() {
	t.admit(time.Now())
	t.conn.SetReadDeadline(time.Time{})
	t.log.Info("greeted after " + console.Duration(t.lane.Waited))
}

// converse says the lines, with a pause after each, of which the last is given, and hangs up. At the same time it calls
// read, which checks what the server answers up to the end of the connection.
func (t *talk) converse(ctx context.Context, lines []string, last time.Duration, read func() error) error {
	saying, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- read()
		stop() // nobody would answer what the client says now
	}()
	sayErr := t.say(saying, lines, last)
	if sayErr != nil {
		t.conn.SetReadDeadline(time.Now().Add(closePatience)) // the reader may still find out why
	}
	if readErr := <-ended; readErr != nil {
		return readErr
	}
	if errors.Is(sayErr, context.Canceled) {
		return errors.New("the server hung up before the client did")
	}
	return sayErr
}

// say says the lines and hangs up. When ctx is done, it stops and returns the cause.
func (t *talk) say(ctx context.Context, lines []string, last time.Duration) error {
	for i, line := range lines {
		t.log.Info(fmt.Sprintf("sending %q", line))
		t.said.Add(1)
		t.conn.SetWriteDeadline(time.Now().Add(closePatience))
		if _, err := io.WriteString(t.conn, line); err != nil {
			return broken(err, fmt.Sprintf("the server read nothing for %v", closePatience), "while the client talked")
		}
		pause := t.pause
		if i == len(lines)-1 {
			pause = last
		}
		if err := Sleep(ctx, pause); err != nil {
			return err
		}
	}
	return t.hangUp()
}

// hangUp closes the client's direction of the connection. The client reads on, until closePatience is over.
func (t *talk) hangUp() error {
	t.hungUp = time.Now() // before the server can know and serve another client: see timeline.Chart.AtOnce
	t.log.Info("disconnecting")
	t.conn.SetDeadline(t.hungUp.Add(closePatience))
	if err := t.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		return broken(err, "", "as the client hung up")
	}
	return nil
}
