package servertest

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/server"
)

type vars = server.Vars

// getVars asks the server's debug endpoint.
func getVars(t *testing.T, s *process.Server) vars {
	t.Helper()
	answer, err := http.Get("http://" + s.Debug + "/debug/vars")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var all struct{ Server vars }
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, answer.Body) // or the connection would not be used again
	return all.Server
}

// waitFor asks the server until its counters are as wanted.
func waitFor(t *testing.T, s *process.Server, what string, wanted func(vars) bool) {
	t.Helper()
	for late := time.After(patience); ; {
		v := getVars(t, s)
		if wanted(v) {
			return
		}
		select {
		case <-late:
			t.Fatalf("waited in vain for %s; the counters are %+v", what, v)
		case <-s.Exited():
			t.Fatalf("the server ended while the test waited for %s:\n%s", what, s.Log())
		case <-time.After(time.Millisecond): // between two questions
		}
	}
}

// waitLog waits until the log has text.
func waitLog(t *testing.T, s *process.Server, text string) {
	t.Helper()
	waitFor(t, s, "the log to say "+text, func(vars) bool { return strings.Contains(s.Log(), text) })
}

// exits waits for the server's end and checks its status.
func exits(t *testing.T, s *process.Server, want int) {
	t.Helper()
	select {
	case <-s.Exited():
	case <-time.After(patience):
		t.Fatalf("the server does not end:\n%s", s.Log())
	}
	if got := s.Cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("the server ended with status %d, want %d:\n%s", got, want, s.Log())
	}
}

func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}

// greeted1 connects a client, waits for its greeting and says something.
func greeted1(t *testing.T, s *process.Server, say string) *net.TCPConn {
	t.Helper()
	conn := dial(t, s.Addr)
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, say); err != nil {
		t.Fatal(err)
	}
	return conn
}

// openFiles counts the descriptors of the server, or returns 0 where the system does not show them.
func openFiles(s *process.Server) int {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.Cmd.Process.Pid))
	if err != nil {
		return 0
	}
	return len(files)
}
