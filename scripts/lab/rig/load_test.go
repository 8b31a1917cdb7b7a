package rig

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/shared/memnet"
)

const ms = time.Millisecond

// inBubble runs test in fake time, with a server that takes d for each request.
func inBubble(t *testing.T, d time.Duration, answer string, test func(*testing.T, Dial)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen()
		var serving sync.WaitGroup
		defer serving.Wait()
		defer ln.Close()
		serving.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				serving.Go(func() {
					defer conn.Close()
					if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
						time.Sleep(d)
						io.WriteString(conn, answer)
					}
				})
			}
		})
		test(t, func(context.Context) (net.Conn, error) { return ln.Dial(), nil })
	})
}

const ok = "HTTP/1.1 200 OK\r\n\r\nhello"

func TestAPressingClientAsksAgainWhenItIsAnswered(t *testing.T) {
	inBubble(t, 20*ms, ok, func(t *testing.T, dial Dial) {
		l := Press(t.Context(), dial, "/", 3, 250*ms)
		assert.NoError(t, l.Why)
		assert.Equal(t, 36, l.Answered, "each client is answered 12 times in 250 ms")
		assert.Equal(t, 36, l.Asked)
		assert.Equal(t, 39, l.Known, "the last answers come after that")
		assert.Equal(t, 144.0, l.Rate())
		half, atLeast := l.Quantile(.5)
		assert.InDelta(t, 0.020, half.Seconds(), 0.001, "the histogram is exact to two digits")
		assert.False(t, atLeast)
	})
}

func TestARequestThatIsCutOffMightHaveTakenLonger(t *testing.T) {
	inBubble(t, time.Hour, ok, func(t *testing.T, dial Dial) {
		l := Press(t.Context(), dial, "/", 3, 30*ms)
		assert.Equal(t, 3, l.Pending)
		assert.Zero(t, l.Known)
		assert.Zero(t, l.Rate())
		d, atLeast := l.Quantile(.5)
		assert.InDelta(t, 0.060, d.Seconds(), 0.001)
		assert.True(t, atLeast)
	})
}

func TestAQuantileIsALowerBoundIfACutOffRequestMayDecide(t *testing.T) {
	l := newLoad(time.Second)
	for range 98 {
		l.note(10*ms, nil, true)
	}
	l.cutOff(20 * ms)
	l.cutOff(20 * ms)
	_, atLeast := l.Quantile(.98)
	assert.False(t, atLeast)
	_, atLeast = l.Quantile(.99)
	assert.True(t, atLeast)
	assert.Equal(t, 98.0, l.Rate())
}

func TestAFailureIsNoAnswer(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 500 Internal Server Error\r\n\r\n": "500",
		"": `got "", want 200`,
	} {
		inBubble(t, 0, answer, func(t *testing.T, dial Dial) {
			l := Press(t.Context(), dial, "/", 2, time.Second)
			assert.ErrorContains(t, l.Why, want)
			assert.Equal(t, 2, l.Asked)
			assert.Zero(t, l.Answered)
		})
	}
	inBubble(t, 0, ok+strings.Repeat("x", maxAnswer), func(t *testing.T, dial Dial) {
		assert.ErrorContains(t, Get(t.Context(), dial, "/", time.Second), "more than 65536 bytes")
	})
	refused := errors.New("refused")
	l := Press(t.Context(), func(context.Context) (net.Conn, error) { return nil, refused }, "/", 2, time.Minute)
	assert.Equal(t, refused, l.Why)
}

func TestAnArrivingClientDoesNotWaitForOthers(t *testing.T) {
	offered := 0
	inBubble(t, time.Hour, ok, func(t *testing.T, dial Dial) {
		l := Arrive(t.Context(), dial, "/", 200, 0, 400*ms, 50*ms)
		offered = l.Offered
		assert.InDelta(t, 80, offered, 30, "200 a second, though nobody is answered")
		assert.Less(t, l.Asked, offered)
		assert.Equal(t, offered, l.Known, "all lose their patience")
		assert.Zero(t, l.Answered)
		assert.NoError(t, l.Why, "to be late is not to fail")
		assert.Zero(t, l.Lag)
		longest, _ := l.Quantile(1)
		assert.InDelta(t, 0.050, longest.Seconds(), 0.001)
	})
	inBubble(t, 10*ms, ok, func(t *testing.T, dial Dial) {
		l := Arrive(t.Context(), dial, "/", 200, 100*ms, 300*ms, time.Minute)
		assert.Less(t, l.Offered, offered, "who comes before the time is not counted")
		assert.Greater(t, l.Offered, offered/2)
		assert.Equal(t, l.Asked, l.Answered)
		assert.InDelta(t, l.Offered, l.Answered, 10, "some answers come after the time, some of before within it")
	})
}

func TestAnInterruptEndsALoad(t *testing.T) {
	for _, load := range []func(context.Context, Dial){
		func(ctx context.Context, dial Dial) { Press(ctx, dial, "/", 3, time.Hour) },
		func(ctx context.Context, dial Dial) { Arrive(ctx, dial, "/", 5, time.Hour, time.Hour, time.Hour) },
	} {
		inBubble(t, 2*time.Hour, ok, func(t *testing.T, dial Dial) {
			ctx, interrupt := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, interrupt)
			began := time.Now()
			load(ctx, dial)
			assert.Equal(t, time.Second, time.Since(began))
		})
	}
}

func TestNoAnswerWithinThePatienceIsATimeout(t *testing.T) {
	inBubble(t, time.Hour, ok, func(t *testing.T, dial Dial) {
		err := Get(t.Context(), dial, "/", 10*ms)
		assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.True(t, late(err))
	})
}
