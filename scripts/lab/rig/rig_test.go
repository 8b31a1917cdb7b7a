package rig

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

// parts are the four parts, built once for all tests, when the first needs them.
var parts *Servers

func TestMain(m *testing.M) {
	var err error
	if parts, err = NewServers(context.Background(), func() {}); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		parts.Close()
		os.Exit(status)
	}))
}

func TestAServersMetersShowItsClients(t *testing.T) {
	t.Parallel()
	err := parts.With(t.Context(), BoundedAccept, []string{"-quiet", N(3)}, func(s *Server) error {
		before, err := s.Settled(t.Context())
		require.NoError(t, err)
		crowd := NewCrowd(s.Addr)
		defer crowd.Close()
		require.NoError(t, crowd.Join(t.Context(), 5))
		assert.Equal(t, 5, crowd.Held())
		var m Meters
		require.Eventually(t, func() bool { // the server accepts in its own time
			m, err = s.Settled(t.Context())
			return err == nil && m.Serving == 3
		}, time.Minute, time.Millisecond)
		assert.Equal(t, 3, m.Peak)
		assert.Positive(t, m.Goroutines)
		assert.Positive(t, m.Threads)
		if runtime.GOOS == "linux" {
			assert.Equal(t, int64(2), m.Backlog)
			assert.Equal(t, before.Descriptors+3, m.Descriptors)
			assert.Greater(t, m.Resident, int64(1<<20))
			assert.Greater(t, m.Virtual, m.Resident)
			assert.GreaterOrEqual(t, m.CPU, int64(0))
		} else {
			assert.Equal(t, unknown, m.System)
		}
		return nil
	})
	require.NoError(t, err)
}

func TestAServerEndsWhateverHappens(t *testing.T) {
	t.Parallel()
	var last *Server
	broken := errors.New("broken")
	err := parts.With(t.Context(), Pool, nil, func(s *Server) error { last = s; return broken })
	assert.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, Pool)
	hasEnded(t, last)
	err = parts.With(t.Context(), Pool, nil, func(s *Server) error {
		s.Kill()
		return nil
	})
	assert.ErrorContains(t, err, "ended by itself")
	assert.Panics(t, func() {
		parts.With(t.Context(), Pool, nil, func(s *Server) error { last = s; panic("in an experiment") })
	})
	hasEnded(t, last)
	ctx, interrupt := context.WithCancel(t.Context())
	err = parts.With(ctx, Pool, nil, func(s *Server) error { last = s; interrupt(); return broken })
	assert.ErrorIs(t, err, context.Canceled)
	hasEnded(t, last)
	err = parts.With(ctx, Pool, nil, func(*Server) error { t.Error("a server has started after the interrupt"); return nil })
	assert.ErrorIs(t, err, context.Canceled)
}

// A client notices the end of a server before the parent of its process does.
func TestAServerThatEndsUnderItsClientsHasEndedByItself(t *testing.T) {
	before := endPatience
	endPatience = time.Minute // however busy the machine is; parallel tests have not begun
	defer func() { endPatience = before }()
	err := parts.With(t.Context(), Threaded, []string{"-quiet"}, func(s *Server) error {
		conn, err := net.Dial("tcp", s.Addr)
		require.NoError(t, err)
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
		require.NoError(t, err, "it is greeted")
		require.NoError(t, s.Cmd.Process.Kill())
		_, err = conn.Read(make([]byte, 1))
		return err
	})
	assert.ErrorIs(t, err, ErrEnded)
}

func TestAFlagThatAProgramHasIsKeptWhateverItsValue(t *testing.T) {
	t.Parallel()
	command, err := parts.Command(t.Context(), Refusing)
	require.NoError(t, err)
	tooMany := Q(1_000_000_000)
	args := []string{"-quiet", N(3), tooMany, Target(time.Second)}
	assert.Equal(t, []string{"-quiet", N(3), tooMany}, parts.without(t.Context(), command, args))
}

func hasEnded(t *testing.T, s *Server) {
	t.Helper()
	select {
	case <-s.Exited():
	case <-time.After(30 * time.Second):
		require.Fail(t, "the server still runs")
	}
}

func TestAnotherServerMayStandInAPartsPlace(t *testing.T) {
	t.Parallel()
	servers, err := parts.Instead(map[string]string{Sequential: BoundedAccept, Threaded: Threaded})
	require.NoError(t, err)
	require.NoError(t, servers.With(t.Context(), Sequential, []string{"-quiet", N(3)}, func(s *Server) error {
		assert.Equal(t, Sequential, s.Part)
		assert.Equal(t, "part1-sequential=part4-bounded-accept", s.Name)
		assert.Equal(t, "computing, part1-sequential=part4-bounded-accept", s.Label("computing"))
		assert.Contains(t, s.Cmd.Args, "-n=3", "part 4 has the flag")
		assert.Equal(t, process.Path("", BoundedAccept), filepath.Base(s.Cmd.Path))
		return nil
	}))
	require.NoError(t, servers.With(t.Context(), Threaded, []string{"-quiet", N(3)}, func(s *Server) error {
		assert.Equal(t, Threaded, s.Name)
		assert.Equal(t, "computing", s.Label("computing"))
		assert.NotContains(t, s.Cmd.Args, "-n=3", "part 2 has no such flag")
		return nil
	}))
	err = servers.With(t.Context(), Threaded, []string{"-no-such-flag"}, nil)
	assert.ErrorContains(t, err, "there is no flag -no-such-flag")
	outside := "../" + filepath.Base(parts.root) + "/" + Pool // there is a server, but it might be anybody's
	require.FileExists(t, filepath.Join(parts.root, outside, "main.go"))
	for _, no := range []string{"no-such-part", outside, "shared"} {
		_, err = parts.Instead(map[string]string{Pool: no})
		assert.ErrorContains(t, err, "no server in")
	}
}

// An interrupt in the middle of a build ends it, and leaves nothing behind.
func TestAnInterruptDuringTheBuildLeavesNothing(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	servers, err := NewServers(ctx, func() {})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- servers.With(ctx, Sequential, nil, func(*Server) error { return nil }) }()
	require.Eventually(t, func() bool { // go build works in a folder of its own, next to the programs
		building, _ := filepath.Glob(filepath.Join(temp, "*", "*", "go-build*"))
		return len(building) > 0
	}, time.Minute, time.Millisecond)
	interrupt()
	select {
	case err = <-ended:
	case <-time.After(30 * time.Second):
		require.Fail(t, "the build goes on 30s after the interrupt")
	}
	assert.Error(t, err)
	servers.Close()
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestACrowdNotesThatAClientIsGone(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	crowd := NewCrowd(ln.Addr().String())
	require.NoError(t, crowd.Join(t.Context(), 3))
	greeted, err := ln.Accept()
	require.NoError(t, err)
	gone, err := ln.Accept()
	require.NoError(t, err)
	refused, err := ln.Accept()
	require.NoError(t, err)
	greeted.Write([]byte("*"))
	refused.Write([]byte("!"))
	gone.Close()
	require.Eventually(t, func() bool { return crowd.Held() == 2 && crowd.Heard() == 2 }, time.Minute, time.Millisecond)
	assert.Equal(t, 1, crowd.Greeted())
	refused.Close()
	require.NoError(t, ln.Close())
	assert.Error(t, crowd.Join(t.Context(), 1), "nobody is there")
	crowd.Close()
	greeted.Close()
}

func TestAVisitorFindsOutWhetherItIsServed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	v := Visitor(t.Context(), addr, 100*time.Millisecond) // in the backlog, unless the machine is busy
	assert.ErrorIs(t, v.Reason, ErrNoGreeting)
	assert.GreaterOrEqual(t, v.Known, 100*time.Millisecond)
	if v.Connected == 0 {
		t.Skip("the machine was too busy to connect within 100 ms")
	}
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

// Nobody accepts, and the backlog is full: that is late, too, and no failure.
func TestAFullBacklogIsNoFailure(t *testing.T) {
	servertest.Slow(t)
	t.Parallel()
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
	assert.Equal(t, Late, Once(client.Dial(ln.Addr().String()), "/", 20*time.Millisecond)(t.Context(), time.Now()))
}

func TestAServerIsGivenItsProcessors(t *testing.T) {
	t.Parallel()
	err := parts.On(3).With(t.Context(), Threaded, []string{"-quiet"}, func(s *Server) error {
		env := s.Cmd.Environ()
		assert.Contains(t, env, "GOMAXPROCS=3")
		assert.Contains(t, env, "PATH="+os.Getenv("PATH"), "which this process has as well")
		return nil
	})
	require.NoError(t, err)
}
