package main

import (
	"bytes"
	"io"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

// Built with the tag racy, the clients write the tally of questions without a lock. With the lock, the race
// detector must have nothing to say about the same load.
func TestTheRaceDetectorSeesTheTallyWithoutItsLock(t *testing.T) {
	servertest.Slow(t)
	if runtime.GOMAXPROCS(0) < 2 {
		t.Skip("on one processor two clients hardly ever meet in the tally")
	}
	for tag, racy := range map[string]bool{"racy": true, "guarded": false} {
		bin := t.TempDir()
		build := exec.Command("go", "build", "-race", "-tags", tag, "-o", process.Path(bin, "part2-threaded"), ".")
		out, err := build.CombinedOutput()
		if bytes.Contains(out, []byte("-race")) || bytes.Contains(out, []byte("C compiler")) {
			t.Skipf("the race detector does not work here: %s", out)
		}
		require.NoError(t, err, "%s", out)
		s, err := process.Start(t.Context(), process.Path(bin, "part2-threaded"), "-protocol", "words", "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0", "-quiet")
		require.NoError(t, err)
		var clients sync.WaitGroup
		for range 20 {
			clients.Go(func() { askMany(t, s.Addr) })
		}
		clients.Wait()
		err = s.Stop() // a program that raced ends with a status of its own
		assert.Equal(t, racy, strings.Contains(s.Log(), "WARNING: DATA RACE"), "%s:\n%s", tag, s.Log())
		assert.Equal(t, racy, err != nil, "%s: %v", tag, err)
	}
}

// askMany sends many questions at once, so that they are tallied with nothing between them that would order the
// clients.
func askMany(t *testing.T, addr string) {
	conn, err := net.Dial("tcp", addr)
	if !assert.NoError(t, err) {
		return
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	const questions = 2000
	_, err = io.WriteString(conn, strings.Repeat("light\n", questions))
	assert.NoError(t, err)
	assert.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answers, err := io.ReadAll(conn)
	assert.NoError(t, err)
	assert.Equal(t, questions+1, bytes.Count(answers, []byte("\n")))
}
