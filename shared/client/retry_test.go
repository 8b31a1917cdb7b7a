package client

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
)

func parsed(t *testing.T, name string) *Retry {
	t.Helper()
	r, err := ParseRetry(name)
	require.NoError(t, err)
	return r
}

// waits are the waits that r grants to a client whose attempts all fail.
func waits(r *Retry) (waits []time.Duration) {
	for attempt := 1; ; attempt++ {
		wait, again := r.Again(attempt)
		if !again {
			return waits
		}
		waits = append(waits, wait.Round(time.Millisecond))
	}
}

func TestEachPolicyHasItsWaits(t *testing.T) {
	const ms = time.Millisecond
	doubling := []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 2000 * ms, 2000 * ms, 2000 * ms, 2000 * ms}
	quarters := []time.Duration{25 * ms, 50 * ms, 100 * ms, 200 * ms, 400 * ms, 500 * ms, 500 * ms, 500 * ms, 500 * ms}
	assert.Empty(t, waits(nil))
	assert.Empty(t, waits(new(Retry)))
	for name, want := range map[string][]time.Duration{
		"none": nil, "at-once": make([]time.Duration, 9), "backoff": doubling, "jitter": quarters,
	} {
		r := parsed(t, name)
		if r.Random != nil {
			r.Random = func() float64 { return 0.25 }
		}
		assert.Equal(t, want, waits(r), name)
		assert.Equal(t, want, waits(r), "%s, for the next client", name)
	}
}

func TestJitterIsFromZeroToTheWholeWait(t *testing.T) {
	r := parsed(t, "jitter")
	for range 1000 {
		wait, _ := r.Again(3)
		assert.GreaterOrEqual(t, wait, time.Duration(0))
		assert.Less(t, wait, 400*time.Millisecond)
	}
}

func TestOfABudgetTheRetriesAreATenthOfTheRequestsAndOneMoreAtMost(t *testing.T) {
	r := parsed(t, "budget")
	granted := len(waits(r))
	assert.Equal(t, 1, granted, "nobody has paid")
	for request := 1; request <= 1000; request++ {
		r.Begin()
		granted += len(waits(r))
		assert.Equal(t, 1+request/10, granted, "after %d requests, each of which fails as often as it may", request)
	}
	for range 1_000_000 {
		r.Begin()
	}
	granted = 0
	for range 1000 {
		granted += len(waits(r))
	}
	assert.Equal(t, savedMost, granted, "what quiet times save up has a bound")
}

func TestManyClientsShareABudget(t *testing.T) {
	r := parsed(t, "budget")
	var clients sync.WaitGroup
	var granted atomic.Int64
	for range 500 {
		clients.Go(func() {
			r.Begin()
			granted.Add(int64(len(waits(r))))
		})
	}
	clients.Wait()
	for range 50 { // what the others have left
		granted.Add(int64(len(waits(r))))
	}
	assert.EqualValues(t, 51, granted.Load())
}

func TestAPolicyHasAName(t *testing.T) {
	assert.Equal(t, "none", Retries()[0])
	for _, name := range Retries() {
		parsed(t, name)
	}
	_, err := ParseRetry("often")
	assert.EqualError(t, err, `no way to retry is called "often", want none, at-once, backoff, jitter, budget`)
}

// servers returns a server that talks to each client as the next of all says, and to all others as the last.
func servers(all ...server) server {
	var mu sync.Mutex
	return func(conn *memnet.Conn) {
		mu.Lock()
		serve := all[0]
		if len(all) > 1 {
			all = all[1:]
		}
		mu.Unlock()
		serve(conn)
	}
}

func TestARefusalIsToldApartInEachProtocol(t *testing.T) {
	for _, name := range protocol.Names() {
		refuses := func(conn *memnet.Conn) {
			read := make(chan struct{})
			go func() { // at the same time, because this network has no buffers
				defer close(read)
				io.Copy(io.Discard, conn)
			}()
			conn.Write(protocol.Busy(name, protocol.Options{}))
			conn.CloseWrite()
			<-read
		}
		lane, log := run(t, Run{Protocol: name}, refuses)
		assert.Equal(t, "refused: the server is busy", lane.Failure, name)
		assert.True(t, lane.Refused, name)
		assert.Contains(t, log, "conn0 failed: refused: the server is busy\n", name)
		assert.NotContains(t, log, "again")
	}
}

func TestARefusedClientTriesAgainAndItsWaitGoesOn(t *testing.T) {
	refuses := steps(says("!"))
	lane, log := run(t, Run{Retry: parsed(t, "backoff")}, servers(refuses, refuses, refuses, answersAfter(0)))
	assert.Empty(t, lane.Failure)
	assert.Zero(t, lane.Arrived)
	assert.Equal(t, 700*time.Millisecond, lane.Waited)
	assert.Equal(t, 2200*time.Millisecond, lane.Served)
	for _, wait := range []string{"100ms", "200ms", "400ms"} {
		assert.Contains(t, log, "conn0 refused: the server is busy: trying again in "+wait+"\n")
	}
	assert.Contains(t, log, "greeted after 700ms")
}

func TestAClientGivesUpWhenThePolicyDoes(t *testing.T) {
	lane, log := run(t, Run{Retry: parsed(t, "at-once")}, steps(says("!")))
	assert.Equal(t, "refused: the server is busy", lane.Failure)
	assert.Equal(t, 9, strings.Count(log, "trying again in 0s"))
	assert.True(t, strings.HasSuffix(log, "conn0 failed: refused: the server is busy\n"), log)
}

func TestOnlyARefusalOrNoConnectionIsTriedAgain(t *testing.T) {
	for _, serve := range []server{steps(), steps(resets), steps(says("H")), steps(says("*"), resets)} {
		lane, log := run(t, Run{Retry: parsed(t, "at-once")}, serve)
		assert.NotEmpty(t, lane.Failure)
		assert.NotContains(t, log, "trying again")
	}
}

func TestTheClientsOfARunPayForTheirRetriesTogether(t *testing.T) {
	_, log := runs(t, Run{Clients: 29, Retry: parsed(t, "budget")}, steps(says("!")))
	assert.Equal(t, 3, strings.Count(log, "trying again"))
}

func TestAClientThatCouldNotConnectTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var servers sync.WaitGroup
		defer servers.Wait()
		dialled, dial := 0, dialTo(&servers, answersAfter(0))
		chart := Run{
			Clients: 1, Retry: parsed(t, "backoff"), Log: slog.New(slog.DiscardHandler),
			Dial: func(ctx context.Context) (net.Conn, error) {
				if dialled++; dialled < 3 {
					return nil, syscall.ECONNREFUSED
				}
				return dial(ctx)
			},
		}.Do(t.Context())
		assert.Empty(t, chart.Failures())
		assert.Equal(t, 300*time.Millisecond, chart.Lanes[0].Waited)
	})
}

func TestAnInterruptEndsTheWaitForARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer interrupt()
		lane := Run{
			Clients: 1, Retry: parsed(t, "backoff"), Log: slog.New(slog.DiscardHandler),
			Dial: func(context.Context) (net.Conn, error) { return nil, syscall.ECONNREFUSED },
		}.Do(ctx).Lanes[0]
		assert.Equal(t, "interrupted", lane.Failure)
		assert.Equal(t, 150*time.Millisecond, lane.Waited)
	})
}
