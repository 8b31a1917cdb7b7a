package experiments

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

func init() {
	add(Experiment{
		Name:   "lost-update",
		Place:  110,
		Claim:  "threads step on each other's toes where they change what another works with",
		Source: "Warden, How to write a socket server, part III",
		Shows: "Over the words protocol, lets clients ask part 2 for one word many times. The server counts the questions: " +
			"without a lock (built with the tag racy), and with one. Then it compares the count with the questions.",
		Bars: []string{"lost"},
		Setup: func(fs *flag.FlagSet) Run {
			clients := count(fs, "clients", 8, "the `number` of clients that ask at once")
			times := count(fs, "times", 50_000, "the `number` of questions that each asks")
			return func(ctx context.Context, t *Trial) error { return lostUpdate(ctx, t, *clients, *times) }
		},
	})
}

const askedWord = "light"

func lostUpdate(ctx context.Context, t *Trial, clients, times int) error {
	if clients < 2 {
		return console.Usagef("-clients %d: want at least 2, one alone cannot step on anybody's toes", clients)
	}
	t.Steps(2)
	asked := int64(clients) * int64(times)
	var lost []int64
	for _, way := range []struct{ name, part string }{
		{"without a lock", rig.Threaded + rig.Racy}, {"with a lock", rig.Threaded},
	} {
		t.Step("%d clients ask %d times each, %s", clients, times, way.name)
		err := t.Servers.With(ctx, way.part, []string{"-quiet", "-protocol", "words"}, func(s *rig.Server) error {
			if err := askAll(ctx, s.Addr, clients, times); err != nil {
				return err
			}
			counted, err := tally(ctx, s.Addr)
			if err != nil {
				return err
			}
			if counted > asked || counted <= 0 {
				return fmt.Errorf("counted %d questions of %d", counted, asked)
			}
			lost = append(lost, asked-counted)
			t.Row(way.name, Count("asked", asked), Count("counted", counted), Count("lost", asked-counted))
			return nil
		})
		if err != nil {
			return err
		}
	}
	lostUpdateVerdicts(t, lost[0], lost[1], runtime.GOMAXPROCS(0))
	return nil
}

func lostUpdateVerdicts(t *Trial, without, with int64, processors int) {
	v := Verdict{
		Claim:    "without a lock, questions are lost",
		Expected: "some lost",
		Measured: fmt.Sprintf("%d lost", without),
		Holds:    without > 0,
	}
	switch {
	case v.Holds:
		v.Why = "To add one is to read, to add and to write. Two that read the same number write the same number, and one of the questions is gone."
	case processors == 1:
		v.Why = "On one processor a goroutine is hardly ever interrupted between reading the number and writing it."
	}
	t.Verdict(v)
	t.Verdict(Verdict{
		Claim:    "with a lock, none is",
		Expected: "0 lost",
		Measured: fmt.Sprintf("%d lost", with),
		Holds:    with == 0,
	})
}

// askAll lets clients ask for one word so many times each, and returns once all have been answered.
func askAll(ctx context.Context, addr string, clients, times int) error {
	var asking sync.WaitGroup
	errs := make(chan error, clients)
	for range clients {
		asking.Go(func() { errs <- askMany(ctx, addr, times) })
	}
	asking.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func askMany(ctx context.Context, addr string, times int) error {
	answers, err := say(ctx, addr, strings.Repeat(askedWord+"\n", times))
	if err != nil {
		return err
	}
	if lines := bytes.Count(answers, []byte("\n")); lines != times+1 { // and the greeting
		return fmt.Errorf("got %d lines, want %d", lines, times+1)
	}
	return nil
}

// tally is how often the word has been asked for, by the server's count.
func tally(ctx context.Context, addr string) (n int64, err error) {
	answers, err := say(ctx, addr, "TOP 1\n")
	if err != nil {
		return 0, err
	}
	var word string
	lines := bufio.NewScanner(bytes.NewReader(answers))
	lines.Scan() // the greeting
	lines.Scan()
	if _, err := fmt.Sscan(lines.Text(), &word, &n); err != nil || word != askedWord {
		return 0, fmt.Errorf("TOP 1: got %q, want %s and a number", lines.Text(), askedWord)
	}
	return n, nil
}

// say sends text, then hangs up, and returns all that was answered.
func say(ctx context.Context, addr, text string) ([]byte, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(time.Minute))
	sent := make(chan error, 1)
	go func() { // beside reading, or both sides wait with full buffers
		_, err := io.WriteString(conn, text)
		if err == nil {
			err = conn.(*net.TCPConn).CloseWrite()
		}
		sent <- err
	}()
	answers, err := io.ReadAll(conn)
	if sendErr := <-sent; err == nil {
		err = sendErr
	}
	return answers, err
}
