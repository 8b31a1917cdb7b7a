package server

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a server does for its clients, the parts' tests prove with package servertest. Here stands what only this
// package can see: its log, its counters, its flags.

// sequential is part 1's strategy.
func sequential(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		handle(conn)
	}
}

var stamp = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d\d\d `)

// logged runs test in a bubble, with a server that talks so, and returns the log without its times.
func logged(t *testing.T, talk protocol.Conversation, test func(*Server, *memnet.Listener)) (lines []string) {
	before := slog.Default()
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		slog.SetDefault(slog.New(console.NewHandler(&out, "", false, slog.LevelInfo)))
		s := New(sequential, talk)
		s.IdleTimeout, s.Drain = time.Minute, time.Second
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		ln := memnet.Listen()
		go func() {
			defer close(ended)
			s.Serve(ctx, ln)
		}()
		test(s, ln)
		synctest.Wait()
		stop()
		<-ended
		for line := range strings.Lines(out.String()) {
			if stamp.MatchString(line) { // and is no line of a stack
				lines = append(lines, strings.TrimSpace(stamp.ReplaceAllString(line, "")))
			}
		}
	})
	return lines
}

func TestTheLogShowsBothEndsOfAConversationWithoutTheWaitBeforeIt(t *testing.T) {
	lines := logged(t, protocol.Message, func(s *Server, ln *memnet.Listener) {
		first := ln.Dial()
		io.ReadFull(first, make([]byte, 1))
		second := ln.Dial()
		time.Sleep(2 * time.Second)
		io.WriteString(first, "^ab$")
		io.ReadFull(first, make([]byte, 2))
		first.Close()
		io.ReadFull(second, make([]byte, 1))
		time.Sleep(time.Second)
		second.Close()
		synctest.Wait()
		assert.Equal(t, Counters{Accepted: 2, Served: 2}, s.Counters())
	})
	assert.Equal(t, []string{
		"conn 1 accepted 127.0.0.1:10001",
		"conn 1 serving",
		"conn 1 done (2s, 4 bytes in, 3 out)",
		"conn 2 accepted 127.0.0.1:10002",
		"conn 2 serving",
		"conn 2 done (1s, 0 bytes in, 1 out)",
	}, lines)
}

func TestTheLoggedDurationLeavesOutTheWaitInTheProgram(t *testing.T) {
	var out bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	slog.SetDefault(slog.New(console.NewHandler(&out, "", false, slog.LevelInfo)))
	synctest.Test(t, func(t *testing.T) {
		var waited time.Duration
		s := New(nil, func(rw io.ReadWriter) error {
			waited = rw.(interface{ Waited() time.Duration }).Waited()
			time.Sleep(time.Second)
			return nil
		})
		for _, through := range []func(net.Conn) net.Conn{
			func(c net.Conn) net.Conn { return c },
			func(c net.Conn) net.Conn { return struct{ net.Conn }{c} },
		} {
			a, _ := net.Pipe()
			c := s.clients.add(a)
			time.Sleep(3 * time.Second) // in a queue, for example
			s.handle(through(c))
			assert.Equal(t, 3*time.Second, waited)
			assert.Contains(t, out.String(), "done (1s, ")
			out.Reset()
		}
	})
}

func TestTheLogSaysWhyAConversationFailed(t *testing.T) {
	lines := logged(t, func(rw io.ReadWriter) error {
		buf := make([]byte, 10)
		n, err := rw.Read(buf)
		switch string(buf[:n]) {
		case "panic":
			panic("a bug")
		case "fail":
			return &net.OpError{Op: "read", Err: syscall.ECONNRESET}
		case "wait":
			_, err = rw.Read(buf)
		}
		return err
	}, func(s *Server, ln *memnet.Listener) {
		for _, say := range []string{"panic", "fail", "wait", ""} {
			client := ln.Dial()
			if say != "" {
				io.WriteString(client, say)
			}
			io.ReadFull(client, make([]byte, 1))
			client.Close()
		}
		synctest.Wait()
		assert.Equal(t, Counters{Accepted: 4, Failed: 4}, s.Counters())
	})
	var ends []string
	for _, line := range lines {
		if strings.Contains(line, "failed") || strings.Contains(line, "error") {
			ends = append(ends, line)
		}
	}
	assert.Equal(t, []string{
		"conn 1 error: panic: a bug",
		"conn 1 failed (0s, 5 bytes in, 0 out): panic: a bug",
		"conn 2 failed (0s, 4 bytes in, 0 out): connection reset by peer",
		"conn 3 failed (1m, 4 bytes in, 0 out): idle for 1m0s",
		"conn 4 failed (1m, 0 bytes in, 0 out): idle for 1m0s, and never sent a byte",
	}, ends)
}

func TestAStrategyThatGivesUpEndsTheServerAndLeavesNoConnectionOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tired := errors.New("tired")
		greeted := make(chan struct{})
		s := New(func(ln net.Listener, handle func(net.Conn)) error {
			served, _ := ln.Accept()
			go handle(served)
			ln.Accept() // and never serves this client
			<-greeted
			return tired
		}, protocol.Message)
		ln := memnet.Listen()
		served, waiting := ln.Dial(), ln.Dial()
		go func() {
			io.ReadFull(served, make([]byte, 1))
			close(greeted)
		}()
		forced, err := s.Serve(t.Context(), ln)
		assert.ErrorIs(t, err, tired)
		assert.Equal(t, 1, forced, "the conversation that nobody waits for is cut off")
		synctest.Wait()
		for _, client := range []net.Conn{served, waiting} {
			client.SetReadDeadline(time.Now().Add(time.Minute))
			_, err = client.Read(make([]byte, 1))
			assert.ErrorIs(t, err, io.EOF, "the server is gone, and the connection is still open")
		}
		assert.Equal(t, Counters{Accepted: 2, Failed: 1, Refused: 1}, s.Counters())
		assert.Empty(t, s.clients.open)
		_, err = ln.Accept()
		assert.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestAStrategyThatSeesTheStopFirstIsNoError(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for range 100 { // Serve finds the stop and the strategy's end at the same time, and takes either
		s := New(func(net.Listener, func(net.Conn)) error { return net.ErrClosed }, protocol.Message)
		forced, err := s.Serve(ctx, memnet.Listen())
		require.NoError(t, err)
		require.Zero(t, forced)
	}
}

func TestTheDebugEndpointIsForThisMachineOnly(t *testing.T) {
	stops := 0
	handler := debugHandler(func() { stops++ })
	post := func(host, origin string) int {
		request := httptest.NewRequest("POST", "http://127.0.0.1:6060/stop", nil)
		request.Host = host
		if origin != "" {
			request.Header.Set("Origin", origin)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		return answer.Code
	}
	good := []string{"127.0.0.1:6060", "127.0.0.1", "localhost:6060", "localhost", "LOCALHOST:6060", "[::1]:6060", "[::1]"}
	for _, host := range good {
		assert.Equal(t, 200, post(host, ""), host)
	}
	assert.Equal(t, 200, post("localhost:6060", "http://localhost:6060"))
	assert.Equal(t, len(good)+1, stops)
	for _, host := range []string{"evil.example:6060", "evil.example", "10.0.0.1:6060", "", "localhost.evil.example"} {
		assert.Equal(t, 403, post(host, ""), host)
	}
	assert.Equal(t, 403, post("localhost:6060", "http://evil.example"), "a page from elsewhere")
	assert.Equal(t, len(good)+1, stops)
}

func TestAConversationThatIgnoresItsConnectionDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		s := New(sequential, func(io.ReadWriter) error {
			defer close(busy)
			time.Sleep(time.Hour)
			return nil
		})
		s.Drain = time.Second
		ln := memnet.Listen()
		ln.Dial()
		time.AfterFunc(time.Minute, stop)
		began := time.Now()
		forced, err := s.Serve(ctx, ln)
		assert.NoError(t, err)
		assert.Equal(t, 1, forced)
		assert.Equal(t, time.Minute+s.Drain+afterForce, time.Since(began))
		<-busy
	})
}

// An answered client that does not hang up has been served: closing its connection cuts nothing off.
func TestAClientThatOnlyLingersIsNotCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := New(sequential, func(io.ReadWriter) error { return nil })
		s.Drain = lingerTime / 5
		ln := memnet.Listen()
		client := ln.Dial()
		time.AfterFunc(lingerTime/5, stop)
		forced, err := s.Serve(ctx, ln)
		assert.NoError(t, err)
		assert.Zero(t, forced)
		synctest.Wait()
		assert.Equal(t, Counters{Accepted: 1, Served: 1}, s.Counters())
		client.Close()
	})
}

func TestFlagsHaveTheDefaultsThatShowTheLesson(t *testing.T) {
	set, err := parse(flag.NewFlagSet("", flag.ContinueOnError), nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, settings{addr: "127.0.0.1:9090", protocol: "message", idle: 2 * time.Minute, drain: 5 * time.Second}, set)

	set, err = parse(flag.NewFlagSet("", flag.ContinueOnError), []string{"9191"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:9191", set.addr)
}

func TestTheServerIsWhatTheCommandLineSays(t *testing.T) {
	args := strings.Fields("-idle-timeout 7s -drain 3s -os-threads")
	set, err := parse(flag.NewFlagSet("", flag.ContinueOnError), args, io.Discard)
	require.NoError(t, err)
	s := set.server(sequential, protocol.Message)
	assert.Equal(t, 7*time.Second, s.IdleTimeout)
	assert.Equal(t, 3*time.Second, s.Drain)
	assert.True(t, s.OSThreads)

	set, err = parse(flag.NewFlagSet("", flag.ContinueOnError), nil, io.Discard)
	require.NoError(t, err)
	assert.False(t, set.server(sequential, protocol.Message).OSThreads)
}

func TestAForcedEndIsSaidWithItsCount(t *testing.T) {
	assert.NoError(t, forcedError(0, time.Second))
	assert.EqualError(t, forcedError(1, time.Second), "closed 1 conversation by force, not ended within 1s (-drain)")
	assert.EqualError(t, forcedError(7, time.Second), "closed 7 conversations by force, not ended within 1s (-drain)")
}
