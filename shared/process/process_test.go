package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// leash is the environment variable with the address at which a test holds its child processes.
const leash = "PROCESS_TEST_LEASH"

// The tests start this test program again as the programs that they need. Such a child connects to
// the test and ends when the test closes that connection. The test in turn sees from the connection
// that a child is dead.
func TestMain(m *testing.M) {
	if addr := os.Getenv(leash); addr != "" && len(os.Args) > 1 {
		child(addr, os.Args[1:])
		return
	}
	startPatience, stopPatience = time.Hour, time.Hour // the tests say themselves how long they wait
	goleak.VerifyTestMain(m)
}

// child is a program as its first argument says. Without one of these words it only lives.
func child(addr string, args []string) {
	switch args[0] {
	case "ends":
		os.Exit(0)
	case "panics":
		panic("no luck")
	case "spawns":
		exited, err := Spawn(self("holds"))
		if err != nil {
			panic(err)
		}
		<-exited
		return
	case "serves":
		serve(args[1])
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		os.Exit(1) // the test is over
	}
	io.Copy(conn, conn)
}

// serve is a server with a debug endpoint. When it is asked to stop it exits with the status, or
// does not care. It counts a client for each connection to the endpoint.
func serve(status string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var connections atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/vars", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"server": {"accepted": %d, "threads": 7}}`+"\n%1000000d", connections.Load(), 0)
	})
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) {
		fmt.Fprintln(os.Stderr, "asked to stop")
		switch status {
		case "0":
			os.Exit(0)
		case "1":
			os.Exit(1)
		}
	})
	debug := http.Server{Handler: mux, ConnState: func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}}
	go debug.Serve(ln)
	fmt.Fprint(os.Stderr, "15:04:05.000 program listening on 127.0.0.1:1234\n")
	fmt.Fprintf(os.Stderr, "15:04:05.000 program debug on http://%v/debug/vars\n", ln.Addr())
}

// hold makes the children of this test connect. It returns a function that waits for the next one
// to do so.
func hold(t *testing.T) (next func() net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	t.Setenv(leash, ln.Addr().String())
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a child under the race detector would wait at its end
	return func() net.Conn {
		ln.(*net.TCPListener).SetDeadline(time.Now().Add(time.Minute))
		conn, err := ln.Accept()
		require.NoError(t, err, "no child connects")
		t.Cleanup(func() { conn.Close() })
		return conn
	}
}

// assertDead waits until the child at the other end is dead.
func assertDead(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, err := conn.Read(make([]byte, 1))
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the child still lives")
	assert.Error(t, err)
}

// assertAlive asks the child at the other end for an answer.
func assertAlive(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(time.Minute))
	_, err := conn.Write([]byte{1})
	require.NoError(t, err)
	_, err = io.ReadFull(conn, make([]byte, 1))
	assert.NoError(t, err, "the child is dead")
}

// within calls do, which must return before a busy machine could be the reason for its delay.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		require.FailNow(t, what+" does not return")
	}
}

func start(t *testing.T, args ...string) (s *Server, err error) {
	t.Helper()
	within(t, "Start", func() { s, err = Start(t.Context(), self().Path, args...) })
	return s, err
}

func TestAServerIsStartedOnceItListens(t *testing.T) {
	next := hold(t)
	s, err := start(t, "serves", "0", "-debug")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:1234", s.Addr)
	assert.Regexp(t, `^127\.0\.0\.1:\d+$`, s.Debug)
	conn := next()
	assertAlive(t, conn)
	within(t, "Kill", s.Kill)
	select {
	case <-s.Exited():
	default:
		assert.Fail(t, "Kill has not waited for the end")
	}
	assertDead(t, conn)
	s.Kill() // once more does no harm
}

func TestAnAddressCountsWhenItsLineIsComplete(t *testing.T) {
	exited := make(chan struct{})
	close(exited)
	s := &Server{exited: exited, log: log{grown: make(chan struct{}, 1)}}
	await := func(debug bool) (err error) {
		within(t, "awaitAddresses", func() { err = s.awaitAddresses(t.Context(), debug) })
		return err
	}
	fmt.Fprint(&s.log, "program listening on 127.0.0.1:12")
	assert.EqualError(t, await(false), "ended before it listened")
	fmt.Fprint(&s.log, "34\nprogram debug on http://127.0.0.1:56/de")
	assert.NoError(t, await(false))
	assert.Equal(t, "127.0.0.1:1234", s.Addr)
	assert.EqualError(t, await(true), "ended before it listened")
	fmt.Fprint(&s.log, "bug/vars\r\n")
	assert.NoError(t, await(true))
	assert.Equal(t, "127.0.0.1:56", s.Debug)
}

func TestAServerThatEndsAtOnceIsAnErrorWithWhatItSaid(t *testing.T) {
	hold(t)
	_, err := start(t, "panics")
	assert.ErrorContains(t, err, "ended before it listened")
	assert.ErrorContains(t, err, "no luck")
}

func TestAProgramThatIsNotThereIsAnError(t *testing.T) {
	_, err := Start(t.Context(), "no-such-program")
	assert.ErrorContains(t, err, "no-such-program")
}

func TestAnInterruptEndsTheWaitForAServerAndTheServer(t *testing.T) {
	next := hold(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	started := make(chan error, 1)
	go func() {
		_, err := Start(ctx, self().Path, "holds")
		started <- err
	}()
	conn := next()
	assertAlive(t, conn)
	interrupt(cause)
	within(t, "Start", func() { assert.Equal(t, cause, <-started) })
	assertDead(t, conn)
}

func TestAServerThatDoesNotListenInTimeIsAnError(t *testing.T) {
	hold(t)
	defer func(was time.Duration) { startPatience = was }(startPatience)
	startPatience = time.Millisecond
	_, err := start(t, "holds")
	assert.ErrorContains(t, err, "holds: does not listen after 1ms")
}

func TestTheCountersComeOverOneConnection(t *testing.T) {
	hold(t)
	s, err := start(t, "serves", "0", "-debug")
	require.NoError(t, err)
	defer s.Kill()
	for range 3 {
		v, err := s.Vars(t.Context())
		require.NoError(t, err)
		assert.EqualValues(t, 1, v.Accepted)
		assert.EqualValues(t, 7, v.Threads)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Vars(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	s.Kill()
	_, err = s.Vars(t.Context())
	assert.ErrorContains(t, err, "asking for the counters: ")
}

func TestAServerStopsInOrderOrIsKilled(t *testing.T) {
	for status, want := range map[string]string{
		"0":     "",
		"1":     "ended with status 1:\n",
		"never": "did not stop within 1ms:\n",
	} {
		next := hold(t)
		s, err := start(t, "serves", status, "-debug")
		require.NoError(t, err)
		conn := next()
		func() {
			defer func(was time.Duration) { stopPatience = was }(stopPatience)
			if status == "never" {
				stopPatience = time.Millisecond
			}
			within(t, "Stop", func() { err = s.Stop() })
		}()
		assertDead(t, conn)
		assert.True(t, strings.HasSuffix(s.Log(), "asked to stop\n"), s.Log())
		if want == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, want)
			assert.ErrorContains(t, err, s.Log())
		}
	}
}

func TestAServerThatCannotBeAskedToStopIsKilled(t *testing.T) {
	next := hold(t)
	defer func(was time.Duration) { stopPatience = was }(stopPatience)
	stopPatience = time.Millisecond
	s, err := start(t, "serves", "0")
	require.NoError(t, err)
	conn := next()
	s.Debug = "" // as without -debug
	within(t, "Stop", func() { assert.ErrorContains(t, s.Stop(), " to stop: ") })
	assertDead(t, conn)
}
