//go:build unix

package servertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
)

// fullLog fills the pipe that the log goes to, and reads no more. The next line blocks whoever writes it, and the stop
// signal must end the server all the same.
func (p program) fullLog(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "log")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer reader.Close()
	filler, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer filler.Close()
	writer, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	require.NoError(t, err)
	s := p.into(t, reader, writer, "-drain", "1ms")

	raw, err := filler.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Write(func(fd uintptr) bool {
		for _, size := range []int{4096, 1} {
			for err = nil; err == nil; {
				_, err = syscall.Write(int(fd), make([]byte, size))
			}
		}
		return true
	}))
	require.ErrorIs(t, err, syscall.EAGAIN, "the pipe is full")
	dial(t, s.addr) // this client's line of log is the first that blocks
	s.cmd.Process.Signal(syscall.SIGTERM)
	s.exits(t, 1)
}

// stopped reports whether the system has suspended the server.
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
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGSTOP))
	eventually(t, "the server to be suspended", func() bool { return stopped(s) }) // or SIGCONT would cancel SIGSTOP
	require.NoError(t, s.Cmd.Process.Signal(syscall.SIGCONT))
}
