package servertest

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
)

// spawned is a program whose standard error is not what package process makes it.
type spawned struct {
	cmd    *exec.Cmd
	exited <-chan struct{}
	addr   string
}

// spawn runs a program until the test ends, with stderr as its standard error.
func (p program) spawn(t *testing.T, stderr *os.File, path string, args ...string) *spawned {
	t.Helper()
	s := &spawned{cmd: exec.Command(path, args...)}
	if stderr != nil {
		s.cmd.Stderr = stderr
	}
	var err error
	s.exited, err = process.Spawn(s.cmd)
	require.NoError(t, err)
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		<-s.exited
	})
	return s
}

// into runs the program on a free port, with its log going into the pipe, and reads from it where the program
// listens. It closes the test's own writer.
func (p program) into(t *testing.T, reader, writer *os.File, args ...string) *spawned {
	t.Helper()
	s := p.spawn(t, writer, p.path, slices.Concat(p.args, args, []string{"-addr", "127.0.0.1:0"})...)
	writer.Close()
	line, err := bufio.NewReaderSize(reader, 16).ReadString('\n')
	require.NoError(t, err)
	_, s.addr, _ = strings.Cut(strings.TrimSpace(line), "listening on ")
	require.NotEmpty(t, s.addr, line)
	return s
}

func (s *spawned) exits(t *testing.T, want int) {
	t.Helper()
	select {
	case <-s.exited:
		assert.Equal(t, want, s.cmd.ProcessState.ExitCode(), "exit status")
	case <-time.After(patience):
		require.FailNow(t, "waited in vain for the end of the server")
	}
}

// listens waits until the program accepts connections at addr. It returns false if the program ends before.
func (s *spawned) listens(t *testing.T, addr string) (listens bool) {
	t.Helper()
	eventually(t, "the server to listen at "+addr, func() bool {
		select {
		case <-s.exited:
			return true
		default:
		}
		conn, err := net.DialTimeout("tcp", addr, patience)
		if err == nil {
			conn.Close()
		}
		listens = err == nil
		return listens
	})
	return listens
}

// freeAddress returns an address at which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	return ln.Addr().String()
}
