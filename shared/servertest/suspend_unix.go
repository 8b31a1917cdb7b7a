//go:build unix

package servertest

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/concurrent-servers/shared/process"
)

// stopped says whether the system has suspended the server.
func stopped(s *process.Server) bool {
	state, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(s.Cmd.Process.Pid)).Output()
	return err == nil && strings.Contains(string(state), "T")
}

// suspend stops the server as Ctrl-Z does, and lets it go on.
func suspend(t *testing.T, s *process.Server) {
	t.Helper()
	if _, err := exec.LookPath("ps"); err != nil {
		t.Skip("no ps here to see that the server is suspended: ", err)
	}
	if err := s.Cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for late := time.After(patience); !stopped(s); { // or SIGCONT would only take SIGSTOP back
		select {
		case <-late:
			t.Fatal("the server does not stop")
		case <-time.After(time.Millisecond): // between two looks
		}
	}
	if err := s.Cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}
