package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// troubleCases are about a system that fails, and a program that does.
var troubleCases = []testCase{
	{"goes on accepting after every error but the listener's end",
		"A server must not end for good because descriptors or buffers are missing for a moment.",
		acceptErrors},
	{"tries to accept again at growing distances",
		"An accept loop that spins takes the processor from the conversations that would free what is missing.",
		acceptBacksOff},
	{"loses nothing but one connection to a panic",
		"A bug that one client triggers must not cost the others, nor a worker or a slot.",
		panics},
}

func acceptErrors(w *world) error {
	w.start(protocol.Message)
	for _, errno := range []syscall.Errno{
		syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS,
		syscall.ENOMEM, syscall.EPERM, syscall.EPROTO,
	} {
		w.network.Fail(&net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", errno)})
		synctest.Wait() // the Accept under way fails; the next one works
		sleep(time.Second)
		if err := w.expect("^abc$"); err != nil {
			return fmt.Errorf("after Accept failed with %q: %w", errno, err)
		}
	}
	w.network.Fail(errors.New("an error that no list of errors has"))
	sleep(time.Second)
	return w.expect("^abc$")
}

func acceptBacksOff(w *world) error {
	w.start(protocol.Message)
	const failures = 20
	for range failures {
		w.network.Fail(os.NewSyscallError("accept4", syscall.EMFILE))
	}
	began := time.Now()
	p := w.connect()
	for !p.greeted() && time.Since(began) < time.Hour {
		sleep(time.Millisecond)
	}
	// 5 ms, 10, 20 and so on up to 1 s: eight steps make 1.275 s, and each further one adds 1 s.
	if took := time.Since(began); took < 10*time.Second || took > failures*time.Second {
		return fmt.Errorf("%d failures of Accept were over after %v, want between 10 s and %d s", failures, took, failures)
	}
	return nil
}

// panics serves clients by a conversation that panics, and then good ones.
func panics(w *world) error {
	w.start(func(rw io.ReadWriter) error {
		first := make([]byte, 1)
		if _, err := rw.Read(first); err == nil && bytes.Equal(first, []byte("!")) {
			panic("a bug")
		}
		return protocol.Message(rw)
	})
	for i := range 10_000 {
		p := w.connect()
		if err := p.send("!"); err != nil {
			return fmt.Errorf("panic %d: %w", i+1, err)
		}
		if p.ended() == nil {
			return fmt.Errorf("panic %d: the connection stays open", i+1)
		}
		w.peers = w.peers[:0]
	}
	before := w.network.Accepted()
	peers := w.connectMany(w.full() + 1)
	for _, p := range peers[:w.full()] {
		if err := p.send("."); err != nil { // outside a message, so nothing but the reason to greet
			return fmt.Errorf("after the panics, not all places are served: %w", err)
		}
	}
	if got := greeted(peers); got != min(w.full(), len(peers)) {
		return fmt.Errorf("after the panics %d clients are greeted at once, want %d", got, w.full())
	}
	if want := min(w.promise.Accepted, len(peers)); w.network.Accepted()-before != want {
		return fmt.Errorf("after the panics %d clients are accepted, want %d", w.network.Accepted()-before, want)
	}
	return nil
}
