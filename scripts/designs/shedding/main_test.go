package main

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
	"example.com/concurrent-servers/shared/servertest"
)

// While its queue has room and its deadline is far away it promises what part 3 does.
var promise = servertest.Promise{Greeted: 2, Accepted: servertest.All}

func TestConformance(t *testing.T) {
	letWait(t, 100_000, time.Hour)
	servertest.Run(t, serve, promise)
}

func TestProgram(t *testing.T) { servertest.RunProgram(t, promise, "-q=100000", "-target=1h") }

func TestRefusals(t *testing.T) {
	letWait(t, 4, time.Hour)
	servertest.Refuses(t, serve, *n, *q)
}

func TestAClientIsToldAsSoonAsItHasWaitedForTheTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		ln := memnet.Listen()
		s := server.New(serve, protocol.Message)
		s.Busy = protocol.Busy("message", protocol.Options{})
		go s.Serve(ctx, ln)
		for range *n {
			ln.Dial().Read(make([]byte, 1)) // the greeting
		}
		began, waits := time.Now(), ln.Dial()
		said, err := io.ReadAll(waits)
		assert.NoError(t, err)
		assert.Equal(t, "!", string(said))
		assert.Equal(t, *target, time.Since(began))
		stop()
	})
}

// letWait sets the bounds of the queue for the time of the test.
func letWait(t *testing.T, clients int, d time.Duration) {
	bound, before := *q, *target
	*q, *target = clients, d
	t.Cleanup(func() { *q, *target = bound, before })
}
