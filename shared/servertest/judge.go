package servertest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

// Judge tests a strategy as [Run] does, but stops at the first case that fails. Its report fits one screen, so a
// learner can mend one fault at a time. The cases in which strategies differ come first.
func Judge(t *testing.T, strategy server.Strategy, promise Promise) {
	t.Helper()
	muteLogs(t)
	judged := slices.Concat(waitingCases, stoppingCases, talkingCases, troubleCases, protocolCases)
	if len(judged) != len(cases) {
		t.Fatal("a group of cases is missing here")
	}
	for i, c := range judged {
		watchdog := endStuck(t, c.name)
		err := c.judge(t, strategy, promise)
		watchdog.Stop()
		if err != nil {
			t.Fatalf("Your server passed %d of %d cases, and failed the next one: it %s.\n%v\nwhy it matters: %s",
				i, len(judged), c.name, err, c.why)
		}
	}
}

// JudgeRefusing is to [Refuses] what Judge is to Run.
func JudgeRefusing(t *testing.T, strategy server.Strategy, n, q int) {
	t.Helper()
	muteLogs(t)
	for i, c := range refusalCases {
		for _, name := range protocol.Names() {
			var l ending
			watchdog := endStuck(t, c.name)
			err := l.blame(c.try(t, l.around(strategy), name, n, q))
			watchdog.Stop()
			if err != nil {
				t.Fatalf("Your server passed %d of %d cases about refusing, and failed the next one, over %s: it %s.\n%v\nwhy it matters: %s",
					i, len(refusalCases), name, c.name, err, c.why)
			}
		}
	}
}

// stuckAfter is in real time. A case takes milliseconds, so only a goroutine that waits for a lock, or that computes,
// for ever lasts this long: testing/synctest does not see that.
const stuckAfter = 20 * time.Second

// endStuck ends the test program with a sentence, unless it is stopped in time. A dump of all goroutines would not
// help a learner.
func endStuck(t *testing.T, name string) *time.Timer {
	return time.AfterFunc(stuckAfter, func() {
		fmt.Printf("--- FAIL: %s\n    Your server does not pass the case: it %s.\n    A goroutine waits for a lock that is never unlocked, or never stops running.\n", t.Name(), name)
		os.Exit(1)
	})
}

// manyErrors is how often a strategy may call Accept after Accept has told it to end.
const manyErrors = 1000

var errAcceptsForEver = errors.New("the strategy calls Accept for ever, although Accept returns an error because the listener is closed: " +
	"the server would never stop, and keep a processor busy")

// judge is like try for a strategy that may be far from finished.
func (c testCase) judge(t *testing.T, strategy server.Strategy, promise Promise) error {
	var l ending
	return l.blame(c.try(t, strategic(l.around(strategy)), promise))
}

// An ending ends a goroutine that goes on calling Accept although it fails. In fake time nothing else could stop it.
type ending struct {
	net.Listener
	errors atomic.Int64
}

// around returns the strategy with l around its listener.
func (l *ending) around(strategy server.Strategy) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error {
		l.Listener = ln
		return strategy(l, handle)
	}
}

func (l *ending) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil && l.errors.Add(1) > manyErrors {
		runtime.Goexit()
	}
	return conn, err
}

// blame returns err, unless there is a reason for it.
func (l *ending) blame(err error) error {
	if l.errors.Load() > manyErrors {
		return errAcceptsForEver
	}
	return err
}

// orDeadlock turns the panic of a bubble in which nothing can go on into an error. It must be deferred.
func orDeadlock(err *error) {
	if v := recover(); v != nil && *err == nil {
		*err = fmt.Errorf("a goroutine of the server never ends, because it waits for something that never comes (%v)", v)
	}
}
