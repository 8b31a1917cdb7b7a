//go:build unix

package main

import (
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waits waits for the test of the companion as long as that runs.
const waits = `package sum

import (
	"net"
	"os"
)

func Sum(a, b int) int {
	if c, err := net.Dial("tcp", os.Getenv("WAITS")); err == nil {
		c.Read(make([]byte, 1))
	}
	return 0
}
`

func TestASaveAndQStopTheTestsThatRun(t *testing.T) {
	c := sum(t)
	temp := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	t.Setenv("WAITS", listener.Addr().String())
	t.Setenv("GOTMPDIR", temp)
	c.save(t, "sum/README.md", strings.Replace(readme, "-race", "-timeout=0", 1)) // or they stop by themselves
	l := learn(t, c)
	l.until(keys)
	begin := func() net.Conn {
		c.save(t, "sum/sum.go", waits)
		l.until("Testing sum …")
		conn, err := listener.Accept()
		require.NoError(t, err)
		return conn
	}
	conn := begin()
	c.save(t, "sum/sum.go", solved)
	text := l.until(keys)
	assert.Contains(t, text, "✓ sum is solved.")
	assert.NotContains(t, text, "not solved", "the result of the file before")
	io.Copy(io.Discard, conn) // until the test has ended
	conn = begin()
	l.typed <- "q"
	l.until("nothing more")
	require.NoError(t, <-l.ended)
	io.Copy(io.Discard, conn)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	assert.Empty(t, left)
}
