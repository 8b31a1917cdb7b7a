package rig

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
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
		assert.Equal(t, 36, l.Count(Answered), "each client is answered 12 times in 250 ms")
		assert.Len(t, l.Requests, 39, "the last answers come after that")
		assert.Equal(t, 3, l.Waiting())
		assert.Equal(t, 144.0, l.Rate())
		half, atLeast := l.Quantile(.5)
		assert.InDelta(t, 0.020, half.Seconds(), 0.001, "the histogram is exact to two digits")
		assert.False(t, atLeast)
	})
}

func TestARequestWithoutAnAnswerMightHaveTakenLonger(t *testing.T) {
	inBubble(t, time.Hour, ok, func(t *testing.T, dial Dial) {
		l := Press(t.Context(), dial, "/", 3, 30*ms)
		assert.Equal(t, 3, l.Waiting())
		assert.Equal(t, Open, l.Requests[0].End)
		assert.Zero(t, l.Rate())
		d, atLeast := l.Quantile(.5)
		assert.InDelta(t, 0.060, d.Seconds(), 0.001)
		assert.True(t, atLeast)
	})
}

func TestAQuantileIsALowerBoundIfAnOpenRequestMayDecide(t *testing.T) {
	l := &Load{To: time.Second, Requests: []Request{{Took: 20 * ms}, {Took: 20 * ms}, {Took: time.Hour, End: Late}}}
	for range 98 {
		l.Requests = append(l.Requests, Request{Took: 10 * ms, End: Answered})
	}
	_, atLeast := l.Quantile(.98)
	assert.False(t, atLeast)
	_, atLeast = l.Quantile(.99)
	assert.True(t, atLeast)
	assert.Equal(t, 98.0, l.Rate())
}

func TestALoadCountsWhatHappensInItsTime(t *testing.T) {
	l := &Load{From: 100 * ms, To: 300 * ms, Requests: []Request{
		{Came: 50 * ms, Took: 40 * ms, End: Answered},                // before
		{Came: 50 * ms, Took: 60 * ms, End: Answered},                // came before
		{Came: 110 * ms, Took: 20 * ms, End: Refused},                // within
		{Came: 290 * ms, Took: 30 * ms, End: CutOff},                 // ends later
		{Came: 150 * ms, Took: 50 * ms, Lag: 40 * ms, End: Open},     // for ever, with a client that was late
		{Came: 200 * ms, Took: 0, End: Unstarted},                    // for want of a file
		{Came: 310 * ms, Took: 10 * ms, Lag: 20 * ms, End: Answered}, // after
	}}
	assert.Equal(t, 4, l.Offered())
	assert.Equal(t, 1, l.Count(Answered))
	assert.Equal(t, 5.0, l.Rate())
	assert.Equal(t, 1, l.Count(Refused))
	assert.Equal(t, 0, l.Count(CutOff))
	assert.Equal(t, 2, l.Waiting())
	assert.Len(t, l.Inside().Requests, 4)
	assert.Equal(t, 0.25, l.Share(CutOff), "of the clients that came, whenever their requests ended")
	assert.Equal(t, 3, l.Late(10*ms))
	assert.Equal(t, 2, l.Late(30*ms))
	whole := l.Between(0, time.Second)
	assert.Equal(t, 7, whole.Offered())
	assert.Equal(t, 3, whole.Count(Answered))
	assert.Equal(t, 1, whole.Count(CutOff))
	assert.Equal(t, 1, whole.Waiting())
	impatient := whole.Impatient(35 * ms)
	assert.Equal(t, 1, impatient.Count(Answered))
	assert.Equal(t, 3, impatient.Count(Late), "the open request was too late, too")
	assert.Equal(t, 3, whole.Count(Answered))
}

func TestHowARequestEnds(t *testing.T) {
	refused := dialError{&net.OpError{Err: syscall.ECONNREFUSED}}
	for _, test := range []struct {
		what, answer string
		err          error
		want         End
	}{
		{"a page", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", nil, Answered},
		{"a page without a length", ok, nil, Answered},
		{"a part of a page", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", nil, CutOff},
		{"a page and a reset", ok, syscall.ECONNRESET, CutOff},
		{"nothing", "", nil, CutOff},
		{"a reset", "", syscall.ECONNRESET, CutOff},
		{"garbage", "\x00\xff", nil, CutOff},
		{"another status", "HTTP/1.1 500 Internal Server Error\r\n\r\n", nil, CutOff},
		{"a refusal", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", nil, Refused},
		{"a refusal of a request that the server did not read", "HTTP/1.1 503 Service Unavailable\r\n\r\n", syscall.ECONNRESET, Refused},
		{"a refusal in a word", "!", nil, Refused},
		{"nobody listens", "", refused, Refused},
		{"no descriptor", "", dialError{&net.OpError{Err: syscall.EMFILE}}, Unstarted},
		{"no port on Windows", "", dialError{&net.OpError{Err: syscall.Errno(10055)}}, Unstarted},
		{"a reset while it connects", "", dialError{syscall.ECONNRESET}, CutOff},
		{"a backlog that is full", "", dialError{context.DeadlineExceeded}, Late},
		{"half an answer in time", "HTTP/1.1 200", context.DeadlineExceeded, Late},
	} {
		assert.Equal(t, test.want, endOf([]byte(test.answer), test.err), test.what)
	}
}

// A server that never stops must not fill the memory.
func TestAnAnswerThatIsTooLongIsNone(t *testing.T) {
	inBubble(t, 0, ok+strings.Repeat("x", maxAnswer), func(t *testing.T, dial Dial) {
		assert.Equal(t, CutOff, Once(dial, "/", time.Second)(t.Context(), time.Now()))
	})
}

func TestAPressingClientComesBackAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Press(t.Context(), func(context.Context) (net.Conn, error) { return nil, errors.New("gone") }, "/", 2, 10*ms)
		assert.Equal(t, 20, l.Count(CutOff))
		assert.Zero(t, l.Rate())
	})
}

func TestAnArrivingClientDoesNotWaitForOthers(t *testing.T) {
	inBubble(t, time.Hour, ok, func(t *testing.T, dial Dial) {
		l := Arrive(t.Context(), Once(dial, "/", 50*ms), 60*ms, Pace{200, 400 * ms})
		offered := l.Offered()
		assert.InDelta(t, 80, offered, 30, "200 a second, though nobody is answered")
		assert.Less(t, l.Count(Late), offered)
		assert.Equal(t, offered, l.Between(0, time.Second).Count(Late), "all lose their patience")
		assert.Zero(t, l.Rate())
		assert.Zero(t, l.Late(0))
	})
	inBubble(t, 10*ms, ok, func(t *testing.T, dial Dial) {
		l := Arrive(t.Context(), Once(dial, "/", time.Minute), time.Second, Pace{200, 100 * ms}, Pace{0, 100 * ms}, Pace{400, 200 * ms})
		assert.Equal(t, l.Offered(), l.Count(Answered)+l.Waiting())
		assert.InDelta(t, 20, l.Between(0, 100*ms).Offered(), 10)
		assert.Zero(t, l.Between(100*ms, 200*ms).Offered())
		assert.InDelta(t, 80, l.Between(200*ms, 400*ms).Offered(), 30)
	})
}

func TestTheSameClientsComeToEachServer(t *testing.T) {
	paces := []Pace{{100, time.Second}, {0, time.Second}, {300, time.Second}}
	first := arrivals(paces)
	assert.Equal(t, first, arrivals(paces))
	assert.True(t, slices.IsSorted(first))
	assert.Len(t, first, 400)
	together := 0
	for i, at := range first[1:] {
		assert.False(t, at > time.Second && at < 2*time.Second)
		if at == first[i] {
			together++
		}
	}
	assert.Zero(t, together, "nobody comes with another")
}

func TestAnInterruptEndsALoad(t *testing.T) {
	for _, load := range []func(context.Context, Dial){
		func(ctx context.Context, dial Dial) { Press(ctx, dial, "/", 3, time.Hour) },
		func(ctx context.Context, dial Dial) {
			Arrive(ctx, Once(dial, "/", time.Hour), time.Hour, Pace{5, time.Hour})
		},
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

func TestNoAnswerWithinThePatienceIsLate(t *testing.T) {
	inBubble(t, time.Hour, ok, func(t *testing.T, dial Dial) {
		assert.Equal(t, Late, Once(dial, "/", 10*ms)(t.Context(), time.Now()))
	})
}
