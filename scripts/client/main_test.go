package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server for the test and returns its host and port.
func serve(t *testing.T, talk func(net.Conn)) (host, port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			talk(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	host, port, err = net.SplitHostPort(ln.Addr().String())
	require.NoError(t, err)
	return host, port
}

func message(conn net.Conn) { protocol.Message(conn) }

func TestTheClientDrawsWhatHappened(t *testing.T) {
	host, port := serve(t, message)
	picture := filepath.Join(t.TempDir(), "picture.svg")
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"-pause", "10ms", "-svg", picture, host, port}, &stdout, &stderr)
	require.NoError(t, err, stderr.String())
	for _, lane := range []string{"conn0", "conn1", "conn2"} {
		assert.Regexp(t, `(?m)^`+lane+` .*◆.* served \S+`, stdout.String())
	}
	assert.Regexp(t, `\nelapsed \S+\n$`, stdout.String())
	for _, event := range []string{"connected, waiting", "greeted after", `sending "xyz^123"`, `received "234"`, "disconnecting"} {
		assert.Equal(t, 3, strings.Count(stderr.String(), event), event)
	}
	svg, err := os.ReadFile(picture)
	require.NoError(t, err)
	assert.Contains(t, string(svg), "</svg>")
}

func TestJSONIsOneObjectForEachLane(t *testing.T) {
	host, port := serve(t, message)
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-n", "2", "-pause", "1ms", "-json", "-quiet", host, port}, &stdout, &stderr))
	assert.Empty(t, stderr.String())
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	require.Len(t, lines, 2)
	var lane map[string]any
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &lane))
	assert.Equal(t, "conn1", lane["name"])
	assert.Positive(t, lane["served_ms"])
	assert.NotContains(t, lane, "failure")
}

func TestTheFlagsReachTheClients(t *testing.T) {
	table, err := protocol.LoadTable("")
	require.NoError(t, err)
	for _, test := range []struct {
		talk protocol.Conversation
		args []string
		want []string
	}{
		{protocol.HTTP("x"), []string{"-protocol", "http", "-n", "2", "-path", "/?1", "-path", "/?2"}, []string{"conn0 sending GET /?1", "conn1 sending GET /?2"}},
		{table.Converse, []string{"-protocol", "words", "-n", "1", "-pause", "0s", "-ask", "one", "-ask", "two"}, []string{`sending "one\n"`, `sending "two\n"`}},
	} {
		host, port := serve(t, func(conn net.Conn) {
			test.talk(conn)
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
		})
		var stdout, stderr bytes.Buffer
		require.NoError(t, run(t.Context(), append(test.args, host, port), &stdout, &stderr))
		for _, event := range test.want {
			assert.Contains(t, stderr.String(), event)
		}
	}
	host, port := serve(t, message)
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-n", "2", "-pause", "10ms", "-stagger", "20ms", "-json", "-quiet", host, port}, &stdout, io.Discard))
	_, second, _ := strings.Cut(stdout.String(), "\n")
	var lane struct {
		Arrived float64 `json:"arrived_ms"`
		Served  float64 `json:"served_ms"`
	}
	require.NoError(t, json.Unmarshal([]byte(second), &lane))
	assert.GreaterOrEqual(t, lane.Arrived, 20.0)
	assert.GreaterOrEqual(t, lane.Served, 22.0)
}

func TestARefusedClientTriesAgainIfItIsTold(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "conn0: refused: the server is busy"},
		{[]string{"-retry", "at-once"}, ""},
	} {
		refused := false
		host, port := serve(t, func(conn net.Conn) {
			if !refused {
				refused = true
				io.WriteString(conn, "!")
				return
			}
			message(conn)
		})
		err := run(t.Context(), append(test.args, "-n", "1", "-pause", "1ms", "-quiet", host, port), io.Discard, io.Discard)
		if test.want == "" {
			assert.NoError(t, err)
		} else {
			assert.EqualError(t, err, test.want)
		}
	}
}

func TestAnInterruptIsNoFailure(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	assert.ErrorIs(t, run(ctx, []string{"-quiet"}, io.Discard, io.Discard), console.ErrInterrupted)
}

func TestAWrongByteIsALoudFailure(t *testing.T) {
	host, port := serve(t, func(conn net.Conn) {
		conn.Write([]byte("*"))
		conn.Read(make([]byte, 100))
		conn.Write([]byte("bcx"))
		conn.Read(make([]byte, 100))
	})
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"-n", "1", "-pause", "1ms", host, port}, &stdout, &stderr)
	assert.EqualError(t, err, "conn0: reply byte 2: got 'x', want 'd'")
	assert.Equal(t, 1, console.Exit(&stderr, err))
	assert.Contains(t, stdout.String(), "\n       ✗ conn0: reply byte 2: got 'x', want 'd'\n")
}

func TestWhereNobodyListensTheReasonIsAllThatIsPrinted(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	host, port, _ := net.SplitHostPort(ln.Addr().String())
	ln.Close()
	var stdout, stderr bytes.Buffer
	err = run(t.Context(), []string{host, port}, &stdout, &stderr)
	assert.EqualError(t, err, "conn0, conn1, conn2: no server at "+net.JoinHostPort(host, port)+": start one first")
	assert.Empty(t, stdout.String()+stderr.String())
}

func TestTheAddressIsAHostAndAPort(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string // "" if it is refused
	}{
		{nil, "127.0.0.1:9090"},
		{[]string{"localhost"}, "localhost:9090"},
		{[]string{"localhost", "9191"}, "localhost:9191"},
		{[]string{"::1"}, "[::1]:9090"},
		{[]string{"[::1]", "9191"}, "[::1]:9191"},
		{[]string{"[fe80::1%eth0]"}, "[fe80::1%eth0]:9090"},
		{[]string{"localhost:9191"}, ""},
		{[]string{"[::1]:9191"}, ""},
		{[]string{":9191"}, ""},
		{[]string{"9191"}, ""},
		{[]string{""}, ""},
		{[]string{"[::1"}, ""},
		{[]string{"::1]"}, ""},
		{[]string{"[localhost]"}, ""},
		{[]string{"1:2:3"}, ""},
		{[]string{"http://localhost"}, ""},
		{[]string{"http://localhost:9090/"}, ""},
		{[]string{"localhost/"}, ""},
		{[]string{"two words"}, ""},
		{[]string{"localhost", ""}, ""},
		{[]string{"localhost", "0"}, ""},
		{[]string{"localhost", "65535"}, "localhost:65535"},
		{[]string{"localhost", "65536"}, ""},
		{[]string{"localhost", "-1"}, ""},
		{[]string{"localhost", "http"}, ""},
	} {
		got, err := address(test.args)
		assert.Equal(t, test.want, got, "%q", test.args)
		if test.want == "" {
			assert.ErrorAs(t, err, new(console.UsageError), "%q", test.args)
			assert.ErrorContains(t, err, ": want a ", "%q", test.args)
		}
	}
}

func TestWrongArgumentsAreRefusedBeforeAnythingIsDone(t *testing.T) {
	for _, args := range [][]string{
		{"-n", "0"}, {"-n", "x"}, {"-pause", "-1s"}, {"-pause", "61m"}, {"-stagger", "-1s"}, {"-stagger", "61m"}, {"-protocol", "gopher"},
		{"-retry", "often"}, {"-path", "/"}, {"-ask", "word"}, {"-protocol", "http", "-path", "x"}, {"-protocol", "http", "-path", "/ /"},
		{"-protocol", "words", "-ask", ""}, {"-protocol", "words", "-ask", "two words"},
		{"9191"}, {"localhost", "0"}, {"a", "1", "c"}, {"-no-such-flag"},
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), args, &stdout, &stderr)
		assert.ErrorAs(t, err, new(console.UsageError), "%q", args)
		assert.Regexp(t, "want |there is no flag", err.Error(), "%q", args)
		assert.Empty(t, stdout.String()+stderr.String())
	}
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, new(bytes.Buffer), new(bytes.Buffer)), flag.ErrHelp)
}

func TestTheHelpFitsEightyColumns(t *testing.T) {
	var out bytes.Buffer
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, &out, new(bytes.Buffer)), flag.ErrHelp)
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len(line), 81, line) // with its end
	}
}
