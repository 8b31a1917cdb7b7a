package experiments

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

var lostUpdate = Experiment{
	Name:   "lost-update",
	Claim:  "threads step on each other's toes where they change what another works with",
	Source: "Warden, How to write a socket server, part III",
	Shows: "Over the words protocol, lets clients ask part 2 for one word many times. The server counts the questions: " +
		"without a lock (built with the tag racy), and with one. Then it compares the count with the questions.",
	Bars: []string{"lost"},
	Setup: func(fs *flag.FlagSet) Run {
		var p askers
		console.CountVar(fs, &p.clients, "clients", 8, "the `number` of clients that ask at once")
		console.CountVar(fs, &p.times, "times", 50_000, "the `number` of questions that each asks")
		return p.run
	},
}

type askers struct{ clients, times int }

const askedWord = "light"

func (p *askers) run(ctx context.Context, t *Trial) (r Result, err error) {
	if p.clients < 2 {
		return r, console.Usagef("-clients %d: want at least 2, one alone cannot step on anybody's toes", p.clients)
	}
	asked := int64(p.clients) * int64(p.times)
	lost := make(map[string]Sample)
	round := func() error {
		for _, way := range []struct{ name, part string }{
			{withoutLock, rig.Threaded + rig.Racy}, {withLock, rig.Threaded},
		} {
			t.Step("%d clients ask %d times each, %s", p.clients, p.times, way.name)
			err := t.Try(ctx, way.part, []string{"-quiet", "-protocol", "words"}, func(s *rig.Server) error {
				counted, err := p.count(ctx, s.Addr)
				if err != nil {
					r.Row(s.Label(way.name), Count("asked", asked), Figure{Name: "counted", Text: "it did not answer"})
					lost[way.name] = append(lost[way.name], math.Inf(1))
					return nil
				}
				lost[way.name] = append(lost[way.name], float64(asked-counted))
				r.Row(s.Label(way.name), Count("asked", asked), Count("counted", counted), Count("lost", asked-counted))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	r.Verdicts, err = t.Repeat(ctx, 2, round, func() []Verdict {
		return lostUpdateVerdicts(lost[withoutLock], lost[withLock], runtime.GOMAXPROCS(0))
	})
	return r, err
}

// The ways to count.
const (
	withoutLock = "without a lock"
	withLock    = "with a lock"
)

// count lets all clients ask, and returns how many questions the server has counted.
func (p *askers) count(ctx context.Context, addr string) (counted int64, err error) {
	if err := p.askAll(ctx, addr); err != nil {
		return 0, err
	}
	return tally(ctx, addr)
}

// lost says how many questions were lost. Without an answer nobody knows, and the sample is infinite.
func (s Sample) lost() string {
	if math.IsInf(s.Median(), 1) {
		return "the server did not answer"
	}
	return s.In(Things) + " lost"
}

// lostUpdateVerdicts judges by how many questions were lost in each round, without a lock and with one. A lock that
// loses one question once is none.
func lostUpdateVerdicts(without, with Sample, processors int) []Verdict {
	var some, none []bool
	for _, n := range without {
		some = append(some, n > 0 && !math.IsInf(n, 1))
	}
	for _, n := range with {
		none = append(none, n == 0)
	}
	lost := Verdict{Claim: "without a lock, questions are lost", Answer: Agree(some),
		Expected: "some lost", Measured: without.lost()}
	switch {
	case math.IsInf(without.Median(), 1):
	case lost.Answer == Holds:
		lost.Why = "To add one is to read, to add and to write. Two that read the same number write the same number, and one of the questions is gone."
	case processors == 1:
		lost.Why = "On one processor a goroutine is hardly ever interrupted between reading the number and writing it."
	}
	kept := Verdict{Claim: "with a lock, no question is lost", Answer: Agree(none), Expected: "0 lost", Measured: with.lost()}
	if slices.Contains(none, false) {
		kept.Answer = DoesNotHold
	}
	return []Verdict{lost, kept}
}

// askAll lets the clients ask for one word, each many times, until all have been answered.
func (p *askers) askAll(ctx context.Context, addr string) error {
	errs := make(chan error, p.clients)
	for range p.clients {
		go func() {
			answers, err := say(ctx, addr, strings.Repeat(askedWord+"\n", p.times))
			if lines := bytes.Count(answers, []byte("\n")); err == nil && lines != p.times+1 { // and the greeting
				err = fmt.Errorf("got %d lines, want %d", lines, p.times+1)
			}
			errs <- err
		}()
	}
	var err error
	for range p.clients {
		err = errors.Join(err, <-errs)
	}
	return err
}

// tally returns how often the word has been asked for, by the server's count.
func tally(ctx context.Context, addr string) (n int64, err error) {
	answers, err := say(ctx, addr, "TOP 1\n")
	if err != nil {
		return 0, err
	}
	_, top, _ := strings.Cut(string(answers), "\n") // the first line is the greeting
	var word string
	if _, err := fmt.Sscan(top, &word, &n); err != nil || word != askedWord {
		return 0, fmt.Errorf("TOP 1: got %.60q, want %s and a number", top, askedWord)
	}
	return n, nil
}

// say sends text, hangs up, and returns the server's answers.
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
	go func() { // while the client reads, or both sides wait with full buffers
		_, err := io.WriteString(conn, text)
		if err == nil {
			err = conn.(*net.TCPConn).CloseWrite()
		}
		sent <- err
	}()
	answers, err := io.ReadAll(client.AtMost(conn, maxAnswer+maxAnswer*strings.Count(text, "\n")))
	conn.Close() // then sending ends, too
	return answers, errors.Join(err, <-sent)
}

// maxAnswer is the size of the greeting, and of the answer to a line, at most, in bytes.
const maxAnswer = 64
