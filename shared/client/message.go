package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// script is what a client says, with a pause after each line, and owes is what the server owes for each line. A message
// may begin, go on and end anywhere in them.
var (
	script = []string{"^abc$de^abte$f", "xyz^123", "25$^ab0000$abab"}
	owes   = []string{"bcdbcuf", "234", "36bc1111"}
)

// Length returns how long a conversation over the message protocol takes if the server answers promptly: the client
// makes two pauses, and a fifth of one before it hangs up.
func Length(pause time.Duration) time.Duration { return 2*pause + pause/5 }

// message carries on the message protocol.
func message(ctx context.Context, t *talk) error {
	t.log.Info("connected, waiting for the greeting")
	t.conn.SetReadDeadline(t.arrived.Add(t.patience))
	first := make([]byte, 1)
	if _, err := io.ReadFull(t.conn, first); err != nil {
		return t.notServed(err, "greeting", "speaks another protocol")
	}
	if first[0] == protocol.Refusal {
		return ErrRefused
	}
	if first[0] != protocol.Greeting {
		return fmt.Errorf("greeted with %q, want %q: the server does not speak message", first[0], protocol.Greeting)
	}
	t.greeted()
	return t.converse(ctx, script, t.pause/5, t.readReplies)
}

// readReplies checks all that the server answers, until it closes the connection.
func (t *talk) readReplies() error {
	all, got := len(owed(len(script))), 0
	buf := make([]byte, 512)
	for {
		n, err := t.conn.Read(buf)
		if n > 0 {
			t.log.Info(fmt.Sprintf("received %q", buf[:n]))
			if err := check(owed(int(t.said.Load())), got, buf[:n]); err != nil {
				return err
			}
			got += n
			t.paid = time.Now()
		}
		switch {
		case err == io.EOF && got == all:
			return nil
		case err != nil:
			return cutOff(err, got, all, "reply bytes")
		}
	}
}

// owed returns what the server owes for so many lines of the script.
func owed(lines int) string { return strings.Join(owes[:lines], "") }

// check compares the next bytes with those that are owed, of which got have come before.
func check(owed string, got int, reply []byte) error {
	if got == 0 && reply[0] == ' ' { // "* N words" begins like the message protocol's greeting
		return errors.New("greeted like a words server: the server does not speak message")
	}
	for i, b := range reply {
		if got+i >= len(owed) {
			return fmt.Errorf("reply byte %d: got %q, want nothing", got+i, b)
		}
		if want := owed[got+i]; b != want {
			return fmt.Errorf("reply byte %d: got %q, want %q", got+i, b, want)
		}
	}
	return nil
}
