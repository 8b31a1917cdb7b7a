package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/server"
)

func TestEachClientGetsAThreadOfItsOwnIfAsked(t *testing.T) {
	const clients = 50
	bin := t.TempDir()
	require.NoError(t, process.Build(t.Context(), bin, ".", "."))
	for _, args := range [][]string{nil, {"-os-threads"}} {
		s, err := process.Start(t.Context(), process.Path(bin, "part2-threaded"), append(args, "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0")...)
		require.NoError(t, err)
		for range clients {
			conn, err := net.Dial("tcp", s.Addr)
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.ReadFull(conn, make([]byte, 1))
			require.NoError(t, err)
		}
		threads := threadsOf(t, s)
		assert.Equal(t, args != nil, threads >= clients, "%v: %d threads for %d clients", args, threads, clients)
		s.Kill()
	}
}

// threadsOf asks the server how many threads it has.
func threadsOf(t *testing.T, s *process.Server) int {
	answer, err := http.Get("http://" + s.Debug + "/debug/vars")
	require.NoError(t, err)
	defer answer.Body.Close()
	var vars struct{ Server server.Vars }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&vars))
	return int(vars.Server.Threads)
}
