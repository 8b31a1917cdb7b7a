package servertest

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"example.com/concurrent-servers/shared/process"
)

func (p program) signals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send a child a stop signal; POST /stop is tested instead")
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(fmt.Sprintf("%v with nobody there", signal), func(t *testing.T) {
			s := p.start(t)
			p.neighbour(t, s)
			s.Cmd.Process.Signal(signal)
			exits(t, s, 0)
		})
	}
	t.Run("a conversation ends within the drain", func(t *testing.T) {
		s := p.start(t)
		conn := greeted1(t, s, "^ab")
		s.Cmd.Process.Signal(os.Interrupt)
		waitLog(t, s, "stopping")
		io.WriteString(conn, "c$")
		conn.CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || string(got) != "bcd" {
			t.Errorf("during the drain the client got %q (%v), want %q", got, err, "bcd")
		}
		exits(t, s, 0)
	})
	t.Run("conversations that never end are closed and counted", func(t *testing.T) {
		s := p.start(t, "-drain", "50ms")
		silent := greeted1(t, s, "")
		s.Cmd.Process.Signal(os.Interrupt)
		exits(t, s, 1)
		if !strings.Contains(s.Log(), "closed 1 conversation by force") {
			t.Errorf("the log does not say how many were closed by force:\n%s", s.Log())
		}
		silent.Close()
	})
	t.Run("a second signal ends it at once", func(t *testing.T) {
		s := p.start(t, "-drain", "1h")
		silent := greeted1(t, s, "")
		defer silent.Close()
		s.Cmd.Process.Signal(os.Interrupt)
		waitLog(t, s, "stopping")
		s.Cmd.Process.Signal(syscall.SIGTERM)
		exits(t, s, 130)
	})
	t.Run("goes on after it was suspended", func(t *testing.T) {
		s := p.start(t)
		conn := greeted1(t, s, "^ab")
		suspend(t, s)
		io.WriteString(conn, "c$")
		conn.CloseWrite()
		if got, err := io.ReadAll(conn); err != nil || string(got) != "bcd" {
			t.Errorf("after the suspension the client got %q (%v), want %q", got, err, "bcd")
		}
	})
}

func (p program) stopRequest(t *testing.T) {
	s := p.start(t)
	p.neighbour(t, s)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func (p program) restart(t *testing.T) {
	s := p.start(t)
	p.neighbour(t, s)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	again, err := process.Start(t.Context(), p.path, "-addr", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Kill()
	p.neighbour(t, again)
}
