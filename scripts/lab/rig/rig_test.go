package rig

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServersRunAndEndWhateverHappens(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	servers, err := NewServers(t.Context(), func() {})
	require.NoError(t, err)
	args := []string{"-quiet", "-n", "3"}
	var last *Server
	serving := func(s *Server) error {
		last = s
		crowd := NewCrowd(s.Addr)
		defer crowd.Close()
		if err := crowd.Join(t.Context(), 5); err != nil {
			return err
		}
		m, err := s.Settled(t.Context())
		assert.Equal(t, int64(3), m.Serving)
		assert.Equal(t, 5, crowd.Held())
		assert.Equal(t, 3, crowd.Greeted())
		assert.Positive(t, m.Goroutines)
		assert.Positive(t, m.Threads)
		if runtime.GOOS == "linux" {
			assert.Equal(t, int64(2), m.Backlog)
			assert.Greater(t, m.Descriptors, int64(3))
			assert.Greater(t, m.Resident, int64(1<<20))
			assert.Greater(t, m.Virtual, m.Resident)
			assert.GreaterOrEqual(t, m.CPU, int64(0))
		} else {
			assert.Equal(t, unknown, m.System)
		}
		return err
	}
	require.NoError(t, servers.With(t.Context(), BoundedAccept, args, serving))
	<-last.Exited()

	instead, err := servers.Instead(map[string]string{Sequential: BoundedAccept})
	require.NoError(t, err)
	require.NoError(t, instead.With(t.Context(), Sequential, args, serving))
	for _, no := range []string{"no-such-part", "..", "shared"} {
		_, err = servers.Instead(map[string]string{Pool: no})
		assert.ErrorContains(t, err, "no server in")
	}
	none := func(*Server) error { return nil }
	assert.NoError(t, servers.With(t.Context(), Threaded, args, none), "it knows no -n")
	assert.NoError(t, servers.With(t.Context(), Sequential, []string{"-os-threads", "-quiet"}, none), "nor this")
	assert.ErrorContains(t, servers.With(t.Context(), Threaded, []string{"-no-such-flag"}, nil), "there is no flag -no-such-flag")

	broken := errors.New("broken")
	assert.ErrorIs(t, servers.With(t.Context(), Pool, nil, func(s *Server) error { last = s; return broken }), broken)
	<-last.Exited()
	err = servers.With(t.Context(), Pool, nil, func(s *Server) error {
		s.Kill()
		return nil
	})
	assert.ErrorContains(t, err, "ended by itself")
	assert.Panics(t, func() {
		servers.With(t.Context(), Pool, nil, func(s *Server) error { last = s; panic("in an experiment") })
	})
	<-last.Exited()
	ctx, interrupt := context.WithCancel(t.Context())
	err = servers.With(ctx, Pool, nil, func(s *Server) error { last = s; interrupt(); return broken })
	assert.ErrorIs(t, err, console.ErrInterrupted)
	<-last.Exited()
	_, err = NewServers(ctx, func() {})
	assert.ErrorIs(t, err, console.ErrInterrupted, "nothing begins after an interrupt")

	servers.Close()
	left, err := filepath.Glob(filepath.Join(temp, "concurrent-servers-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestACrowdNotesWhoIsGreetedAndWhoIsGone(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	crowd := NewCrowd(ln.Addr().String())
	require.NoError(t, crowd.Join(t.Context(), 2))
	greeted, err := ln.Accept()
	require.NoError(t, err)
	gone, err := ln.Accept()
	require.NoError(t, err)
	greeted.Write([]byte("*"))
	gone.Close()
	require.Eventually(t, func() bool { return crowd.Greeted() == 1 && crowd.Held() == 1 }, 10*time.Second, time.Millisecond)
	require.NoError(t, ln.Close())
	assert.Error(t, crowd.Join(t.Context(), 1), "nobody is there")
	crowd.Close()
	greeted.Close()
}

func TestAVisitorFindsOutWhetherItIsServed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	v := Visitor(t.Context(), addr, 10*time.Millisecond) // it is in the backlog
	assert.ErrorIs(t, v.Reason, ErrNoGreeting)
	assert.Positive(t, v.Connected)
	assert.GreaterOrEqual(t, v.Known, 10*time.Millisecond)
	left, err := ln.Accept()
	require.NoError(t, err)
	left.Close()
	var serving sync.WaitGroup
	serving.Go(func() {
		for _, say := range []string{"", "*"} { // one is refused, one is greeted
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Write([]byte(say))
			conn.Close()
		}
	})
	refused, greeted := Visitor(t.Context(), addr, time.Minute), Visitor(t.Context(), addr, time.Minute)
	serving.Wait()
	assert.ErrorIs(t, refused.Reason, io.EOF)
	assert.False(t, refused.Greeted)
	assert.True(t, greeted.Greeted)
	assert.NoError(t, greeted.Reason)
	require.NoError(t, ln.Close())
	v = Visitor(t.Context(), addr, time.Minute)
	assert.Zero(t, v.Connected)
	assert.Error(t, v.Reason)
}

// site is an HTTP server that takes a time for each request.
func site(t *testing.T, d time.Duration) (addr string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		select {
		case <-time.After(d):
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestWhoPressesAsksAgainAsSoonAsAnswered(t *testing.T) {
	l := Press(t.Context(), site(t, 20*time.Millisecond), "/", 3, 250*time.Millisecond)
	require.NoError(t, l.Why)
	assert.LessOrEqual(t, l.Answered, 3*12, "each takes 20 ms at least")
	assert.Positive(t, l.Answered)
	assert.Equal(t, l.Asked, l.Answered)
	half, _ := l.Quantile(.5)
	assert.GreaterOrEqual(t, half, 19*time.Millisecond) // the histogram is exact to two figures
	_, atLeast := l.Quantile(1)
	assert.False(t, atLeast, "of all it is known how long they took")
	assert.InDelta(t, float64(l.Answered)*4, l.Rate(), 0.01)
}

func TestWhoIsCutOffMightHaveTakenLonger(t *testing.T) {
	l := Press(t.Context(), site(t, time.Hour), "/", 3, 30*time.Millisecond)
	assert.Equal(t, 3, l.Pending)
	assert.Zero(t, l.Known)
	_, atLeast := l.Quantile(.5)
	assert.True(t, atLeast)
}

func TestAFailureIsNoAnswer(t *testing.T) {
	l := Press(t.Context(), site(t, 0), "/broken", 2, time.Second)
	assert.ErrorContains(t, l.Why, "500")
	assert.Equal(t, 2, l.Failed)
	assert.Zero(t, l.Answered)
}

func TestWhoArrivesDoesNotWaitForOthers(t *testing.T) {
	l := Arrive(t.Context(), site(t, time.Hour), "/", 200, 0, 400*time.Millisecond, 50*time.Millisecond)
	assert.InDelta(t, 80, l.Offered, 30, "though nobody is answered")
	assert.Positive(t, l.Asked)
	assert.Zero(t, l.Answered)
	assert.Zero(t, l.Failed, "to be late is not to fail: %v", l.Why)
	longest, _ := l.Quantile(1)
	assert.InDelta(t, 0.05, longest.Seconds(), 0.001, "nobody waits beyond their patience")

	quick := Arrive(t.Context(), site(t, 0), "/", 200, 100*time.Millisecond, 300*time.Millisecond, 10*time.Second)
	assert.Equal(t, quick.Asked, quick.Answered)
	assert.InDelta(t, 60, quick.Answered, 30, "who came before is not counted")
}

func TestAnInterruptEndsALoad(t *testing.T) {
	addr := site(t, time.Hour)
	for _, load := range []func(context.Context){
		func(ctx context.Context) { Press(ctx, addr, "/", 3, time.Hour) },
		func(ctx context.Context) { Arrive(ctx, addr, "/", 500, time.Hour, time.Hour, time.Hour) },
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, interrupt)
		began := time.Now()
		load(ctx)
		assert.Less(t, time.Since(began), time.Minute)
	}
}

// Nobody accepts, and the backlog is full: that is late, too, and no failure.
func TestAFullBacklogIsNoFailure(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	if !shrinkBacklog(ln) {
		t.Skip("the backlog cannot be made small here")
	}
	crowd := NewCrowd(ln.Addr().String())
	defer crowd.Close()
	require.ErrorIs(t, crowd.Join(t.Context(), 5), ErrFull)
	v := Visitor(t.Context(), ln.Addr().String(), 20*time.Millisecond)
	assert.Zero(t, v.Connected)
	assert.ErrorIs(t, v.Reason, ErrNoGreeting)
	assert.True(t, late(Get(t.Context(), ln.Addr().String(), "/", 20*time.Millisecond)))
}

func TestNoAnswerWithinThePatienceIsATimeout(t *testing.T) {
	assert.ErrorIs(t, Get(t.Context(), site(t, time.Hour), "/", 10*time.Millisecond), os.ErrDeadlineExceeded)
}
