//go:build unix

package servertest

import (
	"syscall"
	"testing"

	"example.com/concurrent-servers/shared/process"
)

// suspend stops the server as Ctrl-Z does, and lets it go on.
func suspend(t *testing.T, s *process.Server) {
	t.Helper()
	if err := s.Cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := s.Cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}
