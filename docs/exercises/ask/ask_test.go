//go:build exercise

package ask

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// client is the client's end of a connection. It knows whether it is being written to.
type client struct {
	net.Conn
	writing, over atomic.Bool
}

func (c *client) Write(p []byte) (int, error) {
	if c.over.Load() {
		return 0, errors.New("write after CloseWrite")
	}
	c.writing.Store(true)
	defer c.writing.Store(false)
	return c.Conn.Write(p)
}

// halfCloser is a connection like those of TCP.
type halfCloser struct{ *client }

func (c halfCloser) CloseWrite() error { c.over.Store(true); return nil }

// ask has Ask talk to serve, for a minute at most.
func ask(t *testing.T, message string, serve func(net.Conn)) (answer string, err error) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		here.SetReadDeadline(time.Now().Add(time.Minute))
		time.AfterFunc(2*time.Minute, func() { here.SetWriteDeadline(time.Now()) })
		go serve(there)
		c := halfCloser{&client{Conn: here}}
		var conn net.Conn = c
		if len(message)%2 == 1 {
			conn = c.client // which cannot close one direction
		}
		var got []byte
		got, err = Ask(conn, []byte(message))
		answer = string(got)
		synctest.Wait()
		assert.False(t, c.writing.Load(), "Ask has returned, and a goroutine of it still writes")
		if err == nil && conn == c {
			assert.True(t, c.over.Load(), "CloseWrite was not called")
		}
	})
	return answer, err
}

// once answers as it reads, with a buffer as small as it likes.
func once(conn net.Conn) {
	conn.Write([]byte("*"))
	buf := make([]byte, 64)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		conn.Write(reply(buf[:n]))
	}
}

// late answers when the message is complete.
func late(conn net.Conn) {
	conn.Write([]byte("*"))
	message, _ := bufio.NewReader(conn).ReadBytes('$')
	for b := range bytes.SplitSeq(reply(message), nil) {
		conn.Write(b)
	}
}

// reply is right for one message.
func reply(p []byte) []byte {
	p = bytes.TrimSuffix(bytes.TrimPrefix(p, []byte("^")), []byte("$"))
	for i := range p {
		p[i]++
	}
	return p
}

func TestAnswersOfAnyLengthArrive(t *testing.T) {
	for _, n := range []int{3, 4, 0, 1000, 10_001} {
		for name, serve := range map[string]func(net.Conn){"as it reads": once, "at the end": late} {
			answer, err := ask(t, string(bytes.Repeat([]byte("a"), n)), serve)
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "%d bytes, a server that answers %s: both wait for each other", n, name)
			require.NoError(t, err, "%d bytes, a server that answers %s", n, name)
			assert.True(t, answer == string(bytes.Repeat([]byte("b"), n)), "%d bytes: a wrong answer", n)
		}
	}
}

func TestAServerThatTakesNothingMoreKeepsNoGoroutine(t *testing.T) {
	_, err := ask(t, "hello", func(conn net.Conn) {
		conn.Write([]byte("*"))
		conn.Read(make([]byte, 3)) // and then neither reads nor writes
	})
	assert.Error(t, err)
}

func TestAServerThatHangsUpIsAnError(t *testing.T) {
	for _, message := range []string{"hello world", "hello, world"} {
		_, err := ask(t, message, func(conn net.Conn) {
			conn.Write([]byte("*"))
			conn.Read(make([]byte, 5))
			conn.Write([]byte("ifm"))
			conn.Close()
		})
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server answers before it has read everything: both wait for each other")
		assert.ErrorContains(t, err, "3", "it should say how many bytes came")
	}
}

func TestWhoDoesNotGreetIsNotAsked(t *testing.T) {
	for _, greeting := range []string{"", "+", "HTTP/1.1 400 Bad Request"} {
		_, err := ask(t, "hello", func(conn net.Conn) {
			conn.Write([]byte(greeting))
			n, _ := io.Copy(io.Discard, conn)
			assert.Zero(t, n, "bytes were sent to a server that greeted with %q", greeting)
		})
		assert.Error(t, err, "greeted with %q", greeting)
	}
}
