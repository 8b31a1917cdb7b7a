package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// script is what a client says, with a pause after each line, and what it is owed for it. Messages begin, end
// and go on anywhere, since the protocol knows no lines.
var script = []struct{ say, owed string }{
	{"^abc$de^abte$f", "bcdbcuf"},
	{"xyz^123", "234"},
	{"25$^ab0000$abab", "36bc1111"}, // its pause is a fifth of the others
}

// message carries on the message protocol.
func message(ctx context.Context, t *talk) error {
	m := &messageTalk{talk: t}
	t.log.Info("connected, waiting for the greeting")
	if err := m.greeting(); err != nil {
		return err
	}
	return m.converse(ctx)
}

type messageTalk struct {
	*talk
	mu   sync.Mutex
	owed []byte // for all that has been said so far
	got  int    // how many of these bytes have come
}

// greeting waits for the byte that says that the server has begun to serve.
func (t *messageTalk) greeting() error {
	t.conn.SetReadDeadline(t.arrived.Add(t.patience))
	defer t.conn.SetReadDeadline(time.Time{})
	first := make([]byte, 1)
	if _, err := io.ReadFull(t.conn, first); err != nil {
		return greetingError(err, t.patience)
	}
	if first[0] != protocol.Greeting {
		return fmt.Errorf("greeted with %q, want %q: the server is no message server", first[0], protocol.Greeting)
	}
	t.greeted()
	return nil
}

// converse says the script and reads all the while.
func (t *messageTalk) converse(ctx context.Context) error {
	saying, hungUp := context.WithCancel(ctx)
	defer hungUp()
	read := make(chan error, 1)
	go func() {
		read <- t.read()
		hungUp() // there is no reason to say more
	}()
	sayErr := t.say(saying)
	early := saying.Err() != nil
	if !early && sayErr == nil {
		sayErr = t.hangUp()
	} else {
		t.done = time.Now()
		t.conn.SetReadDeadline(t.done.Add(closePatience)) // the reader may still find the reason
	}
	readErr := <-read
	switch {
	case readErr != nil:
		return readErr
	case early:
		return errors.New("the server hung up before the client did")
	}
	return sayErr
}

// say goes through the script. It ends early when ctx is done.
func (t *messageTalk) say(ctx context.Context) error {
	for i, line := range script {
		t.log.Info(fmt.Sprintf("sending %q", line.say))
		t.mu.Lock()
		t.owed = append(t.owed, line.owed...)
		t.mu.Unlock()
		if _, err := io.WriteString(t.conn, line.say); err != nil {
			return err
		}
		wait := t.pause
		if i == len(script)-1 {
			wait /= 5
		}
		if pause(ctx, wait); ctx.Err() != nil {
			return nil // why, the reader knows
		}
	}
	return nil
}

// read checks all that the server answers, until it closes the connection.
func (t *messageTalk) read() error {
	buf := make([]byte, 4096)
	for {
		n, err := t.conn.Read(buf)
		if n > 0 {
			t.log.Info(fmt.Sprintf("received %q", buf[:n]))
			if err := t.check(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			return t.ended(err)
		}
	}
}

// check compares the next bytes with what the server owes by now.
func (t *messageTalk) check(reply []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range reply {
		if t.got == 0 && b == ' ' { // "* N words" begins like the message protocol's greeting
			return errors.New("greeted like a words server: the server is no message server")
		}
		if t.got == len(t.owed) {
			return fmt.Errorf("reply byte %d: got %q, want nothing", t.got, b)
		}
		if want := t.owed[t.got]; b != want {
			return fmt.Errorf("reply byte %d: got %q, want %q", t.got, b, want)
		}
		t.got++
	}
	return nil
}

// ended judges how the server's side ended.
func (t *messageTalk) ended(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := 0
	for _, line := range script {
		all += len(line.owed)
	}
	if err == io.EOF && t.got == all {
		return nil
	}
	return replyError(err, t.got, all, "reply bytes")
}
