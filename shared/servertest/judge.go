package servertest

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"example.com/concurrent-servers/shared/server"
)

// Judge tests a strategy as [Run] does, but stops at the first case that fails. Its report fits one screen, so a
// learner can mend one fault at a time. The cases in which strategies differ come first.
func Judge(t *testing.T, strategy server.Strategy, promise Promise) {
	t.Helper()
	muteLogs(t)
	judged := slices.Concat(waitingCases, stoppingCases, talkingCases, troubleCases, protocolCases)
	for i, c := range judged {
		if err := c.judge(t, strategy, promise); err != nil {
			t.Fatalf("Your server passed %d of %d cases, and failed the next one: it %s.\n%v\nwhy it matters: %s",
				i, len(judged), c.name, err, c.why)
		}
	}
}

// manyErrors is how often a strategy may call Accept after Accept has told it to end.
const manyErrors = 1000

var errAcceptsForEver = errors.New("the strategy calls Accept for ever, although Accept returns an error because the listener is closed: " +
	"the server would never stop, and keep a processor busy")

// judge is like try for a strategy that may be far from finished.
func (c testCase) judge(t *testing.T, strategy server.Strategy, promise Promise) error {
	var forEver atomic.Bool
	err := c.try(t, strategic(func(ln net.Listener, handle func(net.Conn)) error {
		return strategy(&impatient{Listener: ln, forEver: &forEver}, handle)
	}), promise)
	if forEver.Load() {
		return errAcceptsForEver
	}
	return err
}

// An impatient listener ends a goroutine that goes on calling Accept although it fails. In fake time no other
// goroutine could stop it.
type impatient struct {
	net.Listener
	errors  atomic.Int64
	forEver *atomic.Bool
}

func (l *impatient) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil && l.errors.Add(1) > manyErrors {
		l.forEver.Store(true)
		runtime.Goexit()
	}
	return conn, err
}

// orDeadlock turns the panic of a bubble in which nothing can go on into an error. It must be deferred.
func orDeadlock(err *error) {
	if v := recover(); v != nil && *err == nil {
		*err = fmt.Errorf("a goroutine of the server never ends, because it waits for something that never comes (%v)", v)
	}
}
