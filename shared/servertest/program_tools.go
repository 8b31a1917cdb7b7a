package servertest

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/server"
)

// eventually looks every millisecond until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for late := time.After(patience); !holds(); {
		select {
		case <-late:
			require.FailNow(t, "waited in vain for "+what)
		case <-time.After(time.Millisecond):
		}
	}
}

// waitFor waits until the server's counters are as wanted.
func waitFor(t *testing.T, s *process.Server, what string, wanted func(server.Vars) bool) {
	t.Helper()
	var last server.Vars
	defer func() {
		if t.Failed() {
			t.Logf("the last counters: %+v", last)
		}
	}()
	eventually(t, what, func() bool {
		v, err := s.Vars(t.Context())
		require.NoError(t, err, "while waiting for %s", what)
		last = v
		return wanted(v)
	})
}

// waitLog waits until the log has text.
func waitLog(t *testing.T, s *process.Server, text string) {
	t.Helper()
	eventually(t, "the log to say "+text, func() bool { return strings.Contains(s.Log(), text) })
}

// exits waits for the server's end and checks its status.
func exits(t *testing.T, s *process.Server, want int) {
	t.Helper()
	select {
	case <-s.Exited():
		assert.Equal(t, want, s.Cmd.ProcessState.ExitCode(), "exit status")
	case <-time.After(patience):
		require.FailNow(t, "waited in vain for the end of the server")
	}
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	require.NoError(t, err)
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// greeted1 connects a client, waits for its greeting and says something.
func greeted1(t *testing.T, addr, say string) *net.TCPConn {
	t.Helper()
	conn := dial(t, addr)
	_, err := io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err, "waiting for the greeting")
	_, err = io.WriteString(conn, say)
	require.NoError(t, err)
	return conn
}

// hangsUp says something, half-closes, and checks what the server has answered until it closed the connection.
func hangsUp(t *testing.T, conn *net.TCPConn, say, want string) {
	t.Helper()
	_, err := io.WriteString(conn, say)
	require.NoError(t, err)
	require.NoError(t, conn.CloseWrite())
	got, err := io.ReadAll(conn)
	assert.NoError(t, err)
	assert.Equal(t, want, string(got))
	conn.Close()
}

// neighbour is a healthy client beside or after a fault.
func neighbour(t *testing.T, addr string) {
	t.Helper()
	hangsUp(t, dial(t, addr), "^abc$", "*bcd")
}

// refuses waits until addr refuses connections, because the server has begun to stop.
func refuses(t *testing.T, addr string) {
	t.Helper()
	eventually(t, addr+" to refuse connections", func() bool {
		conn, err := net.DialTimeout("tcp", addr, patience)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
}

// openFiles counts the descriptors of the server, or returns 0 where the system does not show them.
func openFiles(s *process.Server) int {
	files, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(s.Cmd.Process.Pid), "fd"))
	if err != nil {
		return 0
	}
	return len(files)
}
