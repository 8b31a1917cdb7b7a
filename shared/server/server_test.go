package server

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
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

// queue is a listener in memory that gives out what is put into it.
type queue struct {
	results chan any // net.Conn or error
	closed  chan struct{}
}

func newQueue() queue { return queue{make(chan any, 100), make(chan struct{})} }

func (q queue) Accept() (net.Conn, error) {
	select {
	case <-q.closed:
		return nil, net.ErrClosed
	case r := <-q.results:
		if conn, ok := r.(net.Conn); ok {
			return conn, nil
		}
		return nil, r.(error)
	}
}

func (q queue) Close() error   { close(q.closed); return nil }
func (q queue) Addr() net.Addr { return &net.TCPAddr{} }

var stamp = regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d\d\d `)

// logged runs test in a bubble, with a server that talks so, and returns the log without its times.
func logged(t *testing.T, talk protocol.Conversation, test func(*Server, queue)) (lines []string) {
	before := slog.Default()
	defer slog.SetDefault(before)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		slog.SetDefault(slog.New(console.NewHandler(&out, "", false, slog.LevelInfo)))
		s := &Server{Strategy: sequential, Conversation: talk, IdleTimeout: time.Minute, Drain: time.Second}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		q := newQueue()
		go func() {
			defer close(ended)
			s.Serve(ctx, q)
		}()
		test(s, q)
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

func (q queue) connectedConn() net.Conn {
	_, server := net.Pipe()
	return server
}

// connect puts a client into the queue.
func (q queue) connect() (client net.Conn) {
	client, server := net.Pipe()
	q.results <- server
	return client
}

func TestTheLogShowsBothEndsOfAConversation(t *testing.T) {
	lines := logged(t, protocol.Message, func(s *Server, q queue) {
		client := q.connect()
		io.ReadFull(client, make([]byte, 1))
		time.Sleep(2 * time.Second)
		io.WriteString(client, "^ab$")
		io.ReadFull(client, make([]byte, 2))
		client.Close()
		synctest.Wait()
		assert.Equal(t, Counters{Accepted: 1, Served: 1}, s.Counters())
	})
	assert.Equal(t, []string{
		"conn 1 accepted pipe",
		"conn 1 serving",
		"conn 1 done (2s, 4 bytes in, 3 out)",
	}, lines)
}

func TestTheLogSaysWhyAConversationFailed(t *testing.T) {
	lines := logged(t, func(rw io.ReadWriter) error {
		buf := make([]byte, 10)
		n, err := rw.Read(buf)
		switch string(buf[:n]) {
		case "panic":
			panic("a bug")
		case "exit":
			runtime.Goexit()
		case "fail":
			return &net.OpError{Op: "read", Err: syscall.ECONNRESET}
		}
		return err
	}, func(s *Server, q queue) {
		for _, say := range []string{"panic", "fail", "exit"} {
			client := q.connect()
			io.WriteString(client, say)
			client.Close()
		}
		silent := q.connect()
		io.ReadFull(silent, make([]byte, 1))
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
		"conn 3 failed (0s, 4 bytes in, 0 out): the conversation called runtime.Goexit",
		"conn 4 failed (1m, 0 bytes in, 0 out): idle for 1m0s, without a byte ever",
	}, ends)
}

func TestCountersTellWaitingClientsFromServedOnes(t *testing.T) {
	var s Server
	a, _ := net.Pipe()
	b, _ := net.Pipe()
	first, second := s.clients.add(a), s.clients.add(b)
	assert.Equal(t, Counters{Accepted: 2, Waiting: 2}, s.Counters())
	s.begin(first)
	assert.Equal(t, Counters{Accepted: 2, Waiting: 1, Serving: 1}, s.Counters())
	s.clients.end(first, true)
	s.begin(second)
	s.clients.end(second, false)
	assert.Equal(t, Counters{Accepted: 2, Served: 1, Failed: 1}, s.Counters())
}

func TestAConversationCanAskHowLongItsClientWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waited time.Duration
		s := &Server{Conversation: func(rw io.ReadWriter) error {
			waited = rw.(interface{ Waited() time.Duration }).Waited()
			return nil
		}}
		a, _ := net.Pipe()
		c := s.clients.add(a)
		time.Sleep(3 * time.Second) // in a queue, for example
		s.handle(c)
		assert.Equal(t, 3*time.Second, waited)
	})
}

func TestAStrategyThatGivesUpEndsTheServerAndLeavesNobodyBehind(t *testing.T) {
	tired := errors.New("tired")
	s := &Server{Strategy: func(ln net.Listener, _ func(net.Conn)) error {
		ln.Accept()
		return tired
	}}
	q := newQueue()
	client := q.connect()
	_, err := s.Serve(t.Context(), q)
	assert.ErrorIs(t, err, tired)
	_, err = client.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF, "the client that nobody served is let go")
	assert.Equal(t, Counters{Accepted: 1, Failed: 1}, s.Counters())
	_, err = q.Accept()
	assert.ErrorIs(t, err, net.ErrClosed)
}

func TestTheDebugEndpointIsForThisMachineOnly(t *testing.T) {
	handler := loopbackOnly(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"127.0.0.1:6060": 200, "localhost:6060": 200, "[::1]:6060": 200, "evil.example:6060": 403, "10.0.0.1:6060": 403,
	} {
		request := httptest.NewRequest("POST", "http://"+host+"/stop", nil)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		assert.Equal(t, want, answer.Code, host)
	}
}

func TestAConversationThatIgnoresItsConnectionDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		s := &Server{
			Strategy: sequential,
			Conversation: func(io.ReadWriter) error {
				defer close(busy)
				time.Sleep(time.Hour)
				return nil
			},
			Drain: time.Second,
		}
		q := newQueue()
		q.connect()
		time.AfterFunc(time.Minute, stop)
		began := time.Now()
		forced, err := s.Serve(ctx, q)
		assert.NoError(t, err)
		assert.Equal(t, 1, forced)
		assert.Equal(t, time.Minute+s.Drain+afterForce, time.Since(began))
		<-busy
	})
}

func TestFlagsHaveTheDefaultsThatShowTheLesson(t *testing.T) {
	set, err := parse(flag.NewFlagSet("", flag.ContinueOnError), nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:9090", set.addr)
	assert.Equal(t, "message", set.protocol)
	assert.Equal(t, 2*time.Minute, set.idle)
	assert.Equal(t, 5*time.Second, set.drain)
	assert.Empty(t, set.debugAddr)
	assert.False(t, set.quiet)

	set, err = parse(flag.NewFlagSet("", flag.ContinueOnError), []string{"9191"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:9191", set.addr)
}
