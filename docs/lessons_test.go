package docs

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
)

// lessons are the small programs of the chapters: the first server, the steps to a part, and the wrong versions.
func lessons(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	below, err := filepath.Glob("*/*/main.go")
	require.NoError(t, err)
	var folders []string
	for _, main := range append(mains, below...) {
		if folder := "docs/" + filepath.ToSlash(filepath.Dir(main)); !slices.Contains(programs, folder) {
			folders = append(folders, folder)
		}
	}
	require.Contains(t, folders, "docs/first")
	return folders
}

// atAddress returns the flag of go build with which lessons that have their address in the source use another one.
func atAddress(t *testing.T, dir, addr string, lessons ...string) string {
	t.Helper()
	replace := make(map[string]string)
	for _, lesson := range lessons {
		main := lesson + "/main.go"
		source := read(t, main)
		require.Contains(t, source, `"127.0.0.1:9090"`)
		other := filepath.Join(dir, filepath.Base(lesson)+".go")
		require.NoError(t, os.WriteFile(other, []byte(strings.Replace(source, "127.0.0.1:9090", addr, 1)), 0o600))
		from, err := filepath.Abs(filepath.Join(root, main))
		require.NoError(t, err)
		replace[from] = other
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return "-overlay=" + file
}

func startLesson(t *testing.T, lesson string, args ...string) *process.Server {
	t.Helper()
	s, err := process.Start(t.Context(), program(t, lesson), args...)
	require.NoError(t, err)
	t.Cleanup(s.Kill)
	return s
}

// greeted connects to a server and waits until it is served.
func greeted(t *testing.T, s *process.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err)
	return conn
}

func TestTheFirstServerEndsWhenAClientResets(t *testing.T) {
	s := startLesson(t, "docs/first")
	dir := t.TempDir()
	require.NoError(t, process.Build(t.Context(), dir, root, atAddress(t, dir, s.Addr, "docs/steps/reset"), "./docs/steps/reset"))
	output(t, exec.Command(process.Path(dir, "reset")))
	<-s.Exited()
	assert.Contains(t, s.Log(), "connection reset")
	assert.False(t, s.Cmd.ProcessState.Success())
}

// The answer may come in pieces, so this counts what arrives before the client hangs up.
func TestTheFirstServerAnswersAMessage(t *testing.T) {
	conn := greeted(t, startLesson(t, "docs/first"))
	_, err := io.WriteString(conn, "xyz^abc$xyz^\xff$")
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Equal(t, "bcd\x00", string(answer))
}

func TestABugInTheConversationEndsTheBareServer(t *testing.T) {
	s := startLesson(t, "docs/wrong/bare")
	_, err := io.WriteString(greeted(t, s), "^\xff$")
	require.NoError(t, err)
	<-s.Exited()
	assert.Contains(t, s.Log(), "index out of range [255] with length 255")
}

func TestAServerThatForgetsItsClientsCutsThemOffAndCallsThatSuccess(t *testing.T) {
	s := startLesson(t, "docs/wrong/forgets", "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0")
	conn := greeted(t, s)
	require.NoError(t, s.Stop())
	_, err := io.ReadAll(conn)
	assert.Contains(t, s.Log(), "1 conversation may end")
	assert.True(t, s.Cmd.ProcessState.Success(), "%v", err)
}
