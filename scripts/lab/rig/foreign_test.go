package rig

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/client"
)

func TestServersInOtherLanguagesTalkAsThePartsDo(t *testing.T) {
	for _, program := range []string{CThreads, PythonPool, PythonAsyncio, NodeLoop} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			err := parts.With(t.Context(), program, []string{"-quiet", N(3)}, func(s *Server) error {
				before, err := s.Settled(t.Context())
				require.NoError(t, err)
				chart := client.Run{Clients: 3, Pause: 10 * time.Millisecond, Dial: client.Dial(s.Addr), Log: slog.New(slog.DiscardHandler)}.Do(t.Context())
				assert.Empty(t, chart.Failures())
				for range 20 {
					reset(t, s.Addr)
				}
				assert.Equal(t, "*`_\x00", halfClosed(t, s.Addr, "ab^_^\xff$$^$$^$"), "it answers what it owes")
				if runtime.GOOS != "linux" {
					return nil
				}
				require.Eventually(t, func() bool {
					after, err := s.Settled(t.Context())
					return err == nil && after.Descriptors == before.Descriptors
				}, time.Minute, time.Millisecond, "it keeps descriptors of clients that are gone")
				return nil
			})
			if errors.Is(err, ErrNoTool) {
				t.Skip(err)
			}
			require.NoError(t, err)
		})
	}
}

func TestTheProgramsOfInetdServeTheClientAtTheirStandardInput(t *testing.T) {
	for _, program := range []string{Inetd, CInetd} {
		command, err := parts.Command(t.Context(), program)
		if errors.Is(err, ErrNoTool) {
			t.Skip(err)
		}
		require.NoError(t, err)
		serve := exec.Command(command[0])
		serve.Stdin = strings.NewReader("ab^_^\xff$$^$$^$")
		said, err := serve.Output()
		require.NoError(t, err)
		assert.Equal(t, "*`_\x00", string(said), program)
	}
}

func TestAnIdleProcessTakesMemory(t *testing.T) {
	for _, program := range []string{Inetd, CInetd} {
		each, err := parts.Idle(t.Context(), program)
		if errors.Is(err, ErrNoTool) {
			t.Skip(err)
		}
		require.NoError(t, err)
		if runtime.GOOS != "linux" {
			assert.Equal(t, Idle{Unknown, Unknown, Unknown}, each)
			return
		}
		assert.Positive(t, each.Private, program)
		assert.Positive(t, each.PageTables, program)
		assert.Greater(t, each.Resident, each.Private, program)
	}
	if runtime.GOOS == "linux" {
		ctx, interrupt := context.WithCancel(t.Context())
		interrupt()
		_, err := parts.Idle(ctx, Inetd)
		assert.ErrorIs(t, err, context.Canceled)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer ln.Close()
		_, _, err = idle(t.Context(), ln, []string{"true"}) // it doesn't greet, and ends
		assert.ErrorIs(t, err, io.EOF)
	}
}

// reset sends a message and resets the connection.
func reset(t *testing.T, addr string) {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	conn.(*net.TCPConn).SetLinger(0)
	io.WriteString(conn, "^abc$^abc")
	require.NoError(t, conn.Close())
}

// halfClosed says text, and returns all that the server says.
func halfClosed(t *testing.T, addr, text string) string {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answers, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(answers)
}

func TestThreadsThatSleepAreCounted(t *testing.T) {
	t.Parallel()
	spam, err := parts.Spam(t.Context(), 3, 100*time.Millisecond)
	if errors.Is(err, ErrNoTool) {
		t.Skip(err)
	}
	require.NoError(t, err)
	assert.Equal(t, 3, spam.Threads)
	assert.GreaterOrEqual(t, spam.CPU, 0.0)
	assert.GreaterOrEqual(t, spam.Lasted, 0.1)
	if runtime.GOOS == "linux" {
		assert.Positive(t, spam.Space)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	_, err = parts.Spam(ctx, 3, time.Hour)
	assert.ErrorIs(t, err, context.Canceled)
}

// A machine without a compiler, Python and Node still has the parts.
func TestAMissingToolIsNamed(t *testing.T) {
	servers, err := NewServers(t.Context(), func() {})
	require.NoError(t, err)
	defer servers.Close()
	t.Setenv("PATH", t.TempDir())
	_, err = servers.Command(t.Context(), CThreads)
	assert.ErrorIs(t, err, ErrNoTool)
	if runtime.GOOS == "windows" {
		assert.ErrorContains(t, err, "Windows has no POSIX threads")
	} else {
		assert.ErrorContains(t, err, "there is no C compiler (cc)")
	}
	_, err = servers.Command(t.Context(), PythonPool)
	assert.ErrorIs(t, err, ErrNoTool)
	assert.ErrorContains(t, err, "there is no python3")
	_, err = servers.Command(t.Context(), NodeLoop)
	assert.ErrorIs(t, err, ErrNoTool)
	assert.ErrorContains(t, err, "there is no node")
}

func TestACompilerThatFailsIsNoTool(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there it is not tried")
	}
	servers, err := NewServers(t.Context(), func() {})
	require.NoError(t, err)
	defer servers.Close()
	t.Setenv("CC", "false")
	_, err = servers.Command(t.Context(), CThreads)
	assert.ErrorIs(t, err, ErrNoTool)
	assert.ErrorContains(t, err, "false: exit status 1")
}
