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
	"time"

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
func atAddress(t *testing.T, dir, addr string, folders ...string) string {
	t.Helper()
	replace := make(map[string]string)
	for _, folder := range folders {
		main := folder + "/main.go"
		source := read(t, main)
		require.Contains(t, source, `"127.0.0.1:9090"`)
		other := filepath.Join(dir, filepath.Base(folder)+".go")
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
	conn.SetDeadline(time.Now().Add(patience))
	_, err = io.ReadFull(conn, make([]byte, 1))
	require.NoError(t, err)
	return conn
}

// patience is how long a test waits for what must happen, on a machine that is busy.
const patience = time.Minute

// awaitEnd waits until a server has ended by itself.
func awaitEnd(t *testing.T, s *process.Server) {
	t.Helper()
	select {
	case <-s.Exited():
	case <-time.After(patience):
		require.FailNow(t, "the server still runs", s.Log())
	}
}

// Steps and wrong versions of a strategy serve clients as long as nothing goes wrong. In one of them a wakeup may be
// stolen at any time, and then it panics.
func TestEveryLessonAnswersAMessage(t *testing.T) {
	for _, lesson := range lessons(t) {
		if slices.Contains([]string{"docs/steps/reset", "docs/figures", "docs/wrong/if-for-for"}, lesson) {
			continue
		}
		s := startLesson(t, lesson, "-addr", "127.0.0.1:0")
		conn := greeted(t, s)
		_, err := io.WriteString(conn, "xyz^abc$xyz^1$")
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		answer, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Equal(t, "bcd2", string(answer), lesson)
	}
}

func TestTheFirstServerEndsWhenAClientResets(t *testing.T) {
	s := startLesson(t, "docs/first")
	dir := t.TempDir()
	require.NoError(t, process.Build(t.Context(), dir, root, atAddress(t, dir, s.Addr, "docs/steps/reset"), "./docs/steps/reset"))
	output(t, exec.Command(process.Path(dir, "reset")))
	awaitEnd(t, s)
	assert.Regexp(t, "connection reset|forcibly closed", s.Log(), "on Unix, and on Windows")
	assert.False(t, s.Cmd.ProcessState.Success())
}

func TestABugInTheConversationEndsTheBareServer(t *testing.T) {
	s := startLesson(t, "docs/wrong/bare")
	_, err := io.WriteString(greeted(t, s), "^\xff$")
	require.NoError(t, err)
	awaitEnd(t, s)
	assert.Contains(t, s.Log(), "index out of range [255] with length 255")
}

func TestAServerThatForgetsItsClientsCutsThemOffAndCallsThatSuccess(t *testing.T) {
	s := startLesson(t, "docs/wrong/forgets", "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0")
	conn := greeted(t, s)
	require.NoError(t, s.Stop())
	_, err := io.ReadAll(conn)
	assert.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the client was not cut off")
	assert.Contains(t, s.Log(), "1 conversation may end")
}
