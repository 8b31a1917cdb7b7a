package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ask asks for words, one after the other, with a pause after each. A word that is asked for twice must be
// answered alike: the table behind the answers never changes.
func ask(words []string) func(context.Context, *talk) error {
	return func(ctx context.Context, t *talk) error {
		t.log.Info("connected, waiting for the greeting")
		in := bufio.NewReader(t.conn)
		t.conn.SetDeadline(t.arrived.Add(t.patience))
		greeting, err := in.ReadString('\n')
		if err != nil && greeting != "" {
			return fmt.Errorf("greeted with %.20q and no more, want %q: the server is no words server", greeting, "* N words")
		}
		if err != nil {
			return greetingError(err, t.patience)
		}
		if !strings.HasPrefix(greeting, "* ") || !strings.HasSuffix(greeting, " words\n") {
			return fmt.Errorf("greeted with %.20q, want %q: the server is no words server", greeting, "* N words")
		}
		t.greeted()
		answers := make(map[string]int)
		for i, word := range words {
			count, err := askOne(t, in, word, i, len(words))
			if err != nil {
				return err
			}
			if before, asked := answers[word]; asked && before != count {
				return fmt.Errorf("%q: got %d, and before %d", word, count, before)
			}
			answers[word] = count
			pause(ctx, t.pause)
		}
		if err := t.hangUp(); err != nil {
			return err
		}
		return nothingMore(in)
	}
}

func askOne(t *talk, in *bufio.Reader, word string, i, all int) (count int, err error) {
	t.log.Info(fmt.Sprintf("sending %q", word))
	t.conn.SetDeadline(time.Now().Add(closePatience))
	if _, err := io.WriteString(t.conn, word+"\n"); err != nil {
		return 0, replyError(err, i, all, "answers")
	}
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, replyError(err, i, all, "answers")
	}
	t.log.Info(fmt.Sprintf("received %q", line))
	line = strings.TrimSuffix(line, "\n")
	if reason, refused := strings.CutPrefix(line, "? "); refused {
		return 0, fmt.Errorf("the server refuses: %s", reason)
	}
	if count, err = strconv.Atoi(line); err != nil || count < 0 {
		return 0, fmt.Errorf("%q: got %.40q, want a count", word, line)
	}
	return count, nil
}

// nothingMore checks that the server hangs up when the client has, and says nothing before.
func nothingMore(in *bufio.Reader) error {
	switch b, err := in.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("got %q after the end, want nothing", b)
	default:
		return errors.New("the server did not hang up in order after the client had")
	}
}
