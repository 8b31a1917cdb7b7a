package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

// script is what a client says, with a pause after each line, and what it is owed for it. Messages begin, end
// and go on anywhere, since the protocol knows no lines.
var script = []struct{ say, owed string }{
	{"^abc$de^abte$f", "bcdbcuf"},
	{"xyz^123", "234"},
	{"25$^ab0000$abab", "36bc1111"}, // its pause is a fifth of the others
}

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

	mu   sync.Mutex
	owed []byte // for all that has been said so far
	got  int    // how many of these bytes have come
}

func (t *talk) run(ctx context.Context, dial func(context.Context) (net.Conn, error)) (err error) {
	t.arrived = time.Now()
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
	t.log.Info("connected, waiting for the greeting")
	if err := t.greeting(); err != nil {
		return err
	}
	t.log.Info("greeted after " + console.Duration(t.admitted.Sub(t.arrived)))
	return t.converse(ctx)
}

// greeting waits for the byte that says that the server has begun to serve.
func (t *talk) greeting() error {
	t.conn.SetReadDeadline(t.arrived.Add(t.patience))
	defer t.conn.SetReadDeadline(time.Time{})
	first := make([]byte, 1)
	if _, err := io.ReadFull(t.conn, first); err != nil {
		return greetingError(err, t.patience)
	}
	if first[0] != protocol.Greeting {
		return fmt.Errorf("greeted with %q, want %q: the server is no message server", first[0], protocol.Greeting)
	}
	t.admitted = time.Now()
	return nil
}

// converse says the script and reads all the while.
func (t *talk) converse(ctx context.Context) error {
	saying, hungUp := context.WithCancel(ctx)
	defer hungUp()
	read := make(chan error, 1)
	go func() {
		read <- t.read()
		hungUp() // there is no reason to say more
	}()
	sayErr := t.say(saying)
	early := saying.Err() != nil
	t.done = time.Now() // before the server can know: two clients never seem to share one slot
	if !early && sayErr == nil {
		t.log.Info("disconnecting")
		sayErr = closeWrite(t.conn)
	}
	t.conn.SetReadDeadline(t.done.Add(closePatience))
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
func (t *talk) say(ctx context.Context) error {
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
func (t *talk) read() error {
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
func (t *talk) check(reply []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range reply {
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
func (t *talk) ended(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := 0
	for _, line := range script {
		all += len(line.owed)
	}
	if err == io.EOF && t.got == all {
		return nil
	}
	return replyError(err, t.got, all)
}

// closeWrite says that the client has nothing more to say, and still listens.
func closeWrite(conn net.Conn) error {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.New("the connection cannot be closed in one direction")
}
