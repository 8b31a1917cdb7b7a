package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

// An End is how a request ended for its client. Whatever a server does is one of them, and no error of the lab.
type End int

// The ends.
const (
	Open      End = iota // there was no answer when the load was over
	Answered             // with the status 200, before the client's patience was over
	Late                 // the patience was over first, and the client left
	Refused              // the server said so, by the status 503 or by "!", or the kernel did, since nobody listens
	CutOff               // the connection ended without a whole answer, or something else came
	Unstarted            // this process could not open another connection: that says nothing about the server
)

// A Dial connects a client to a server; see [client.Dial].
type Dial = func(context.Context) (net.Conn, error)

// An Ask is one client, which comes at a given moment and returns when its request has ended. When ctx is done, it
// returns Open.
type Ask func(ctx context.Context, came time.Time) End

// Once returns a client that requests path over a connection of its own, once, and has a patience. A request has
// ended when the server has closed the connection.
func Once(dial Dial, path string, patience time.Duration) Ask {
	return func(ctx context.Context, came time.Time) End {
		answer, err := get(ctx, dial, path, came.Add(patience))
		if ended(ctx) {
			return Open
		}
		return endOf(answer, err)
	}
}

// ended reports whether ctx is done or its deadline has passed. A connection may notice that first.
func ended(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// maxAnswer is the size of an answer that a client takes, in bytes.
const maxAnswer = 64 << 10

// A dialError says that there is no connection.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// get requests path and returns all that the server has sent when it closes the connection.
func get(ctx context.Context, dial Dial, path string, deadline time.Time) (answer []byte, err error) {
	connecting, stop := context.WithDeadline(ctx, deadline)
	defer stop()
	conn, err := dial(connecting)
	if err != nil {
		return nil, dialError{err}
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(deadline)
	// A server that refuses may have closed before it has read the request. Then writing fails, and its answer is there.
	_, writeErr := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path)
	answer, err = io.ReadAll(client.AtMost(conn, maxAnswer))
	return answer, errors.Join(err, writeErr)
}

// endOf tells from all that a client has got how its request ended.
func endOf(answer []byte, err error) End {
	switch {
	case late(err):
		return Late
	case errors.As(err, new(dialError)):
		return unconnected(err)
	case bytes.HasPrefix(answer, []byte("!")), bytes.HasPrefix(answer, []byte("HTTP/1.1 503 ")):
		return Refused
	case err != nil || !whole(answer):
		return CutOff
	}
	return Answered
}

// unconnected tells what it means that a client could not connect.
func unconnected(err error) End {
	switch {
	case console.Refused(err):
		return Refused
	case console.Exhausted(err):
		return Unstarted
	}
	return CutOff
}

// whole reports whether answer is a response with the status 200 and all of its body.
func whole(answer []byte) bool {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(answer)), nil)
	if err != nil || response.StatusCode != http.StatusOK {
		return false
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil
}
