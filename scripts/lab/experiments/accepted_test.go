package experiments

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
)

// A stayer is a client's connection that hangs up no earlier than leave says.
type stayer struct {
	net.Conn
	leave func()
}

func (s stayer) CloseWrite() error {
	s.leave()
	return s.Conn.(*net.TCPConn).CloseWrite()
}

// lanesOf lets three clients talk to a part. None of them leaves before the server has logged all of the lines.
func lanesOf(t *testing.T, part string, lines ...string) (accepted []time.Duration, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // for a server that never says so
	defer cancel()
	require.NoError(t, parts.With(ctx, part, []string{"-color", "never"}, func(s *rig.Server) error {
		await := func(lines ...string) {
			assert.NoError(t, s.AwaitLog(ctx, func(log string) bool {
				return !slices.ContainsFunc(lines, func(line string) bool { return !strings.Contains(log, line) })
			}), lines)
		}
		leave, when := sync.OnceFunc(func() { await(lines...) }), s.Accepted(ctx)
		dial := client.Dial(s.Addr)
		run := client.Run{Clients: 3, Pause: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler), Accepted: func(client net.Addr) time.Time {
			await("conn 3 accepted")
			return when(client)
		}}
		run.Dial = func(ctx context.Context) (net.Conn, error) {
			conn, err := dial(ctx)
			return stayer{conn, leave}, err
		}
		chart := run.Do(ctx)
		assert.Empty(t, chart.Failures())
		for _, l := range chart.Lanes {
			accepted = append(accepted, l.Accepted)
		}
		log = s.Log()
		return nil
	}))
	return accepted, log
}

// It is the difference between parts 3 and 4. The order of the lines in the log does not depend on how fast a machine is.
func TestPart3AcceptsTheThirdClientBeforeAnotherLeavesAndPart4DoesNot(t *testing.T) {
	t.Parallel()
	accepted, log := lanesOf(t, rig.Pool, "conn 3 accepted")
	assert.NotContains(t, accepted, time.Duration(0), "each lane knows when its client was accepted")
	before, _, _ := strings.Cut(log, "conn 3 accepted")
	assert.NotContains(t, before, " done ")

	accepted, log = lanesOf(t, rig.BoundedAccept, "conn 1 serving", "conn 2 serving")
	assert.NotContains(t, accepted, time.Duration(0))
	before, _, _ = strings.Cut(log, "conn 3 accepted")
	assert.Contains(t, before, " done ")
}
