package rig

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheLogSaysWhenAClientWasAccepted(t *testing.T) {
	const log = "23:59:59.900 part3-pool listening on 127.0.0.1:9090\n" +
		"23:59:59.950 part3-pool conn 1 accepted 127.0.0.1:5234\n" +
		"\x1b[2m00:00:01.250\x1b[22m \x1b[2mpart3-pool\x1b[22m \x1b[38;5;32mconn 2\x1b[0m accepted 127.0.0.1:52345\n" +
		"00:00:01.300 part3-pool conn 3 accepted 127.0.0.1:5"
	midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.Local)
	read := midnight.Add(2 * time.Second)
	assert.Equal(t, midnight.Add(-50*time.Millisecond), acceptedAt(log, "127.0.0.1:5234", read), "yesterday")
	assert.Equal(t, midnight.Add(1250*time.Millisecond), acceptedAt(log, "127.0.0.1:52345", read), "in colours")
	assert.Zero(t, acceptedAt(log, "127.0.0.1:5", read), "the line is not complete")
	assert.Zero(t, acceptedAt(log, "127.0.0.1:1", read))
	assert.Zero(t, acceptedAt("99:99:99.999 x accepted 127.0.0.1:1\n", "127.0.0.1:1", read))
}

func TestTheAcceptanceIsKnownOfAServerThatLogs(t *testing.T) {
	for _, test := range []struct {
		args  []string
		known bool
	}{{nil, true}, {[]string{"-quiet"}, false}} {
		require.NoError(t, parts.With(t.Context(), Threaded, test.args, func(s *Server) error {
			conn, err := net.Dial("tcp", s.Addr)
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err = conn.Read(make([]byte, 1)); err != nil { // the greeting
				return err
			}
			if test.known {
				err = s.AwaitLog(t.Context(), func(log string) bool { return strings.Contains(log, " accepted ") })
			}
			at := s.Accepted(t.Context())(conn.LocalAddr())
			assert.Equal(t, test.known, !at.IsZero())
			return err
		}))
	}
}

func TestAwaitingALineEndsWithTheServer(t *testing.T) {
	err := parts.With(t.Context(), Threaded, nil, func(s *Server) error {
		s.Kill()
		assert.NoError(t, s.AwaitLog(t.Context(), func(log string) bool { return strings.Contains(log, "listening on ") }))
		assert.ErrorContains(t, s.AwaitLog(t.Context(), func(string) bool { return false }), "ended")
		return nil
	})
	assert.ErrorIs(t, err, ErrEnded)
}
