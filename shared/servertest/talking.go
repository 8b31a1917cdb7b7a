package servertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/protocol"
)

// cases are all cases of the suite.
var cases = slices.Concat(talkingCases, waitingCases, troubleCases, stoppingCases, protocolCases)

// talkingCases are about what is said on the wire.
var talkingCases = []testCase{
	{"answers every message with what the protocol owes",
		"Servers have failed on byte 255, and on a '^' inside a message.",
		answersExactly},
	{"answers the same however the bytes are split",
		"TCP is a stream: where one read ends and the next begins is a matter of chance.",
		splitsDoNotMatter},
	{"answers a read with one write",
		"With a write for each byte, Nagle's algorithm and delayed acknowledgements cost 40 ms.",
		oneWriteForARead},
	{"starts each client outside a message",
		"If state outlives its client, the next client gets a wrong answer.",
		stateIsOneClients},
	{"answers all that it owes after a half-close, then closes",
		"A client that has nothing more to say closes its sending side. Losing the last reply then is a classic fault.",
		halfClose},
	{"answers any stream as the definition says",
		"Random streams find what hand-written ones miss.",
		randomStreams},
}

// oracle answers input byte by byte, straight from the definition of the protocol. The tests compare with it.
func oracle(input string) string {
	var out strings.Builder
	inMessage := false
	for i := range len(input) {
		switch c := input[i]; {
		case inMessage && c == '$':
			inMessage = false
		case inMessage:
			out.WriteByte(byte((int(c) + 1) % 256))
		case c == '^':
			inMessage = true
		}
	}
	return out.String()
}

// ask connects a client, sends the pieces, half-closes, and returns all replies. By then the server must have
// closed the connection.
func (w *world) ask(pieces ...string) (string, error) {
	p := w.connect()
	for _, piece := range pieces {
		if err := p.send(piece); err != nil {
			return "", err
		}
	}
	p.CloseWrite()
	synctest.Wait()
	if p.ended() != io.EOF {
		return "", fmt.Errorf("after the client's half-close the server does not close the connection: %v", p.ended())
	}
	return p.replies(), nil
}

// expect asks, and compares the replies with the oracle's.
func (w *world) expect(pieces ...string) error {
	got, err := w.ask(pieces...)
	if err != nil {
		return err
	}
	if want := oracle(strings.Join(pieces, "")); got != want {
		return fmt.Errorf("for %.60q the server answers %.60q, want %.60q", pieces, got, want)
	}
	return nil
}

func answersExactly(w *world) error {
	w.start(protocol.Message)
	var all []byte
	for b := range 256 {
		if b != '$' {
			all = append(all, byte(b))
		}
	}
	for _, input := range []string{
		"^abc$de^abte$f",
		"^" + string(all) + "$",
		"^^$", "^^^^$", // a '^' inside a message is data
		"^$^$", "$$abc$", "", // empty messages, and nothing but noise
		strings.Repeat("^ab$cd", 1000),
		"^" + strings.Repeat("long", 50_000) + "$",
	} {
		if err := w.expect(input); err != nil {
			return err
		}
	}
	return nil
}

func splitsDoNotMatter(w *world) error {
	w.start(protocol.Message)
	const text = "xy^ab^c$de^$f^\xff\x00$g"
	for i := range text {
		if err := w.expect(text[:i], text[i:]); err != nil {
			return err
		}
	}
	return w.expect(strings.Split(text, "")...)
}

func oneWriteForARead(w *world) error {
	w.start(protocol.Message)
	p := w.connect()
	before := p.reads()
	if err := p.send("^abc$de^abte$f"); err != nil {
		return err
	}
	if writes := p.reads() - before; writes != 1 {
		return fmt.Errorf("one read of two messages was answered with %d writes, want 1", writes)
	}
	return nil
}

func stateIsOneClients(w *world) error {
	w.start(protocol.Message)
	first := w.connect()
	if err := first.send("^ab"); err != nil { // and stays inside the message
		return err
	}
	if w.promise.Greeted > 1 {
		if err := w.expect("abc^d$"); err != nil {
			return fmt.Errorf("beside a client inside a message: %w", err)
		}
	}
	first.Reset()
	synctest.Wait()
	if err := w.expect("abc^d$"); err != nil {
		return fmt.Errorf("after a client that was reset inside a message: %w", err)
	}
	return nil
}

func halfClose(w *world) error {
	w.start(protocol.Message)
	return errors.Join(w.expect("^abc$"), w.expect("^abc"), w.expect())
}

func randomStreams(w *world) error {
	w.start(protocol.Message)
	random := rand.New(rand.NewPCG(1, 2)) // the same streams each time
	for range 50 {
		var pieces []string
		for range random.IntN(20) {
			piece := make([]byte, random.IntN(3000))
			for i := range piece {
				piece[i] = "^$abc\xff"[random.IntN(6)]
			}
			pieces = append(pieces, string(piece))
		}
		if err := w.expect(pieces...); err != nil {
			return err
		}
	}
	return nil
}

// crowd lets n clients carry on their whole scripts at once, and returns what went wrong.
func (w *world) crowd(n int) error {
	chart := client.Run{
		Dial:    func(context.Context) (net.Conn, error) { return w.network.Dial(), nil },
		Clients: n,
		Pause:   time.Second,
		Log:     slog.New(slog.DiscardHandler),
	}.Do(context.Background())
	for _, l := range chart.Lanes {
		if l.Failure != "" {
			return fmt.Errorf("of %d clients at once, %s: %s", n, l.Name, l.Failure)
		}
	}
	if want := min(n, w.promise.Greeted); chart.AtOnce() != want {
		return fmt.Errorf("of %d clients at once, up to %d were served at the same time, want %d", n, chart.AtOnce(), want)
	}
	return nil
}
