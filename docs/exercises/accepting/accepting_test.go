//go:build exercise

package accepting

import (
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

// A listener returns the results, one for each call of Accept, and then says that it is closed.
type listener struct {
	results []any // net.Conn or error
	called  []time.Time
}

func (l *listener) Accept() (net.Conn, error) {
	i := len(l.called)
	l.called = append(l.called, time.Now())
	switch {
	case i > len(l.results)+3:
		runtime.Goexit() // or a Serve that tries a closed listener again would never stop
	case i >= len(l.results):
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: net.ErrClosed}
	}
	if conn, ok := l.results[i].(net.Conn); ok {
		return conn, nil
	}
	return nil, l.results[i].(error)
}

func (l *listener) Close() error   { return nil }
func (l *listener) Addr() net.Addr { return nil }

// pauses returns the times between the calls of Accept.
func (l *listener) pauses() string {
	var text []string
	for i := 1; i < len(l.called); i++ {
		text = append(text, l.called[i].Sub(l.called[i-1]).String())
	}
	return strings.Join(text, " ")
}

var (
	errFull = &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	errGone = &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.ECONNABORTED)}
	errNew  = errors.New("an error that nobody has seen before")
)

// serve has Serve accept the results. It returns how many clients had been served when Serve returned.
// Each takes a minute.
func serve(t *testing.T, results ...any) (pauses string, served int, err error) {
	t.Helper()
	bubble.Run(t, "Clients wait for ever: Serve neither accepts nor returns.", func(t *testing.T) {
		ln := &listener{results: results}
		ended := make(chan struct{})
		done := make(chan net.Conn, len(results))
		go func() {
			defer close(ended)
			err = Serve(ln, func(conn net.Conn) {
				time.Sleep(time.Minute)
				done <- conn
			})
		}()
		<-ended
		served, pauses = len(done), ln.pauses()
		time.Sleep(time.Hour) // goroutines that Serve has left behind end
	})
	return pauses, served, err
}

func client() net.Conn {
	_, server := net.Pipe()
	return server
}

func TestServeGoesOnAfterErrors(t *testing.T) {
	for _, failure := range []error{errFull, errGone, errNew} {
		if _, _, err := serve(t, failure, client()); errors.Is(err, failure) {
			t.Fatalf("Accept failed once with %q, and Serve returned that error. The client that came next is never accepted.", failure)
		}
	}
}

func TestPausesGrowAndBeginAgain(t *testing.T) {
	pauses, _, _ := serve(t, errFull, errFull, errFull, errFull, errFull, errFull, errFull, errFull, errFull, errFull,
		client(), errGone, errGone, client())
	if want := "5ms 10ms 20ms 40ms 80ms 160ms 320ms 640ms 1s 1s 0s 5ms 10ms 0s"; pauses != want {
		t.Fatalf("Accept failed 10 times, a client came, Accept failed twice, and a client came. Clients in the backlog "+
			"waited for these pauses:\n%q\nThey should be:\n%q", pauses, want)
	}
}

func TestClosedListenerEndsServe(t *testing.T) {
	_, served, err := serve(t, client(), client())
	if !errors.Is(err, net.ErrClosed) {
		t.Fatalf("The listener was closed, and no client can come any more. Serve returned %v. It should return that error.", err)
	}
	if served != 2 {
		t.Fatalf("The listener was closed while 2 clients were being served. When Serve returned, %d had been served: "+
			"a program that ends now cuts off the others.", served)
	}
}
