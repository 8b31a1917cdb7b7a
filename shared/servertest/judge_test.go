package servertest

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheJudgeSaysWhatIsWrongWithAnUnfinishedStrategy(t *testing.T) {
	muteLogs(t)
	sequential := func(again bool) func(net.Listener, func(net.Conn)) error {
		return func(ln net.Listener, handle func(net.Conn)) error {
			for {
				conn, err := ln.Accept()
				switch {
				case err == nil:
					handle(conn)
				case !again:
					return err
				}
			}
		}
	}
	nothing := func(net.Listener, func(net.Conn)) error { return nil }
	one := Promise{Greeted: 1, Accepted: 1}
	promised := testCase{run: keepsPromise}
	assert.NoError(t, promised.judge(t, sequential(false), one))
	assert.ErrorIs(t, promised.judge(t, sequential(true), one), errAcceptsForEver)
	assert.ErrorContains(t, promised.judge(t, nothing, one), "0 of 1 clients are greeted at once, want 1")
	assert.ErrorContains(t, promised.judge(t, sequential(false), Promise{Greeted: All, Accepted: All}), "1 of 2 clients are greeted")
	assert.ErrorContains(t, deadlock(), "waits for something that never comes (deadlock")
}

// deadlock ends like a bubble in which nothing can go on.
func deadlock() (err error) {
	defer orDeadlock(&err)
	panic("deadlock: all goroutines in bubble are blocked")
}
