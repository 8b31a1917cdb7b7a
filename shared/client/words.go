package client

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

// maxAnswer is how many bytes of a line the client expects at most from a words server.
const maxAnswer = 1 << 10

// ask asks for words, with a pause after each.
func ask(words []string) func(context.Context, *talk) error {
	return func(ctx context.Context, t *talk) error {
		t.log.Info("connected, waiting for the greeting")
		in := bufio.NewReader(AtMost(t.conn, (1+len(words))*maxAnswer))
		t.conn.SetReadDeadline(t.arrived.Add(t.patience))
		greeting, err := in.ReadString('\n')
		switch {
		case err != nil && greeting == "":
			return t.notServed(err, "greeting", "speaks another protocol")
		case greeting == string(protocol.Busy("words", protocol.Options{})):
			return ErrRefused
		case err != nil && strings.HasPrefix(greeting, "* "):
			return broken(err, fmt.Sprintf("no whole greeting within %s", console.Duration(t.patience)), "inside the greeting")
		case !strings.HasPrefix(greeting, "* ") || !strings.HasSuffix(greeting, " words\n"):
			return fmt.Errorf("greeted with %.20q, want %q: the server does not speak words", greeting, "* N words")
		}
		t.greeted()
		lines := strings.SplitAfter(strings.Join(words, "\n")+"\n", "\n")
		return t.converse(ctx, lines[:len(words)], t.pause, func() error { return t.readAnswers(in, words) })
	}
}

// readAnswers checks the answers, until the server closes the connection. A word that is asked for twice must be
// answered alike: the table behind the answers never changes.
func (t *talk) readAnswers(in *bufio.Reader, words []string) error {
	answers := make(map[string]int)
	for i, word := range words {
		answer, err := in.ReadString('\n')
		if err != nil {
			return cutOff(err, i, len(words), "answers")
		}
		t.log.Info(fmt.Sprintf("received %q", answer))
		answer = strings.TrimSuffix(answer, "\n")
		if reason, refused := strings.CutPrefix(answer, "? "); refused {
			return fmt.Errorf("%q: the server refuses: %.80q", word, reason)
		}
		count, err := strconv.Atoi(answer)
		if err != nil || count < 0 {
			return fmt.Errorf("%q: got %.40q, want a count", word, answer)
		}
		if i >= int(t.said.Load()) {
			return fmt.Errorf("got %q before the client had asked for %q, want nothing", answer, word)
		}
		if before, asked := answers[word]; asked && before != count {
			return fmt.Errorf("%q: got %d, and before %d", word, count, before)
		}
		answers[word] = count
	}
	t.paid = time.Now()
	return nothingMore(in)
}

// nothingMore checks that the server hangs up and says nothing before.
func nothingMore(in *bufio.Reader) error {
	b, err := in.ReadByte()
	switch err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("got %q after the end, want nothing", b)
	}
	return cutOff(err, 1, 1, "")
}
