//go:build exercise

package ask

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

// client is the client's end of a connection. It knows whether a goroutine writes to it.
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

// halfCloser is a connection that can close its sending direction, as in TCP.
type halfCloser struct{ *client }

func (c halfCloser) CloseWrite() error { c.over.Store(true); return nil }

// ask has Ask talk to serve. The reading ends after a minute, the writing after two.
func ask(t *testing.T, message string, serve func(net.Conn)) (answer string, took time.Duration, err error) {
	t.Helper()
	bubble.Run(t, "The caller of Ask waits for ever.", func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		here.SetReadDeadline(time.Now().Add(time.Minute))
		time.AfterFunc(2*time.Minute, func() { here.SetWriteDeadline(time.Now()) })
		go serve(there)
		c := halfCloser{&client{Conn: here}}
		var conn net.Conn = c
		if len(message)%2 == 1 {
			conn = c.client // cannot close one direction
		}
		began := time.Now()
		var got []byte
		got, err = Ask(conn, []byte(message))
		answer, took = string(got), time.Since(began)
		synctest.Wait()
		if c.writing.Load() {
			t.Fatalf("Ask has returned to its caller (error: %v), and one of its goroutines still writes to the "+
				"connection. The server does not read it, so that goroutine never ends.", err)
		}
		if err == nil && conn == c && !c.over.Load() {
			t.Fatal("The client has sent its message and not closed its sending direction. A server that waits " +
				"for the end of the stream waits for ever. Ask should call CloseWrite.")
		}
	})
	return answer, took, err
}

// stream answers as it reads, with a small buffer.
func stream(conn net.Conn) {
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

func TestAnswersOfAnyLength(t *testing.T) {
	for _, n := range []int{3, 4, 0, 1000, 10_001} {
		answers(t, n, "as it reads", stream)
		answers(t, n, "at the end of the message", late)
	}
}

func answers(t *testing.T, n int, how string, serve func(net.Conn)) {
	t.Helper()
	answer, _, err := ask(t, strings.Repeat("a", n), serve)
	if err != nil {
		t.Fatalf("The client sends %d bytes to a server that answers %s, and gets the error %q after a minute or two: "+
			"each waits until the other one reads. It should get %[1]d bytes.", n, how, err)
	}
	if answer != strings.Repeat("b", n) {
		t.Fatalf("The client sends %d bytes to a server that answers %s, and the answer that it gets is wrong.", n, how)
	}
}

func TestServerThatStopsReading(t *testing.T) {
	_, took, err := ask(t, "hello", func(conn net.Conn) {
		conn.Write([]byte("*"))
		conn.Read(make([]byte, 3)) // and then neither reads nor writes
	})
	if err == nil {
		t.Fatal("The client asked a server that never answered, and Ask returned no error.")
	}
	if took > time.Minute {
		t.Fatalf("The server never answered, and Ask returned after %v. The caller's deadline for reading was one "+
			"minute: the answer cannot come any more, and Ask still waited for its Write.", took)
	}
}

func TestServerThatHangsUp(t *testing.T) {
	for _, message := range []string{"hello world", "hello, world"} {
		_, _, err := ask(t, message, func(conn net.Conn) {
			conn.Write([]byte("*"))
			conn.Read(make([]byte, 5))
			conn.Write([]byte("ifm"))
			conn.Close()
		})
		if err == nil || !strings.Contains(err.Error(), "3") {
			t.Fatalf("The server answered 3 of %d bytes and hung up. The client got the error %v. "+
				"It should say that 3 bytes came.", len(message), err)
		}
	}
}

func TestServerThatDoesNotGreet(t *testing.T) {
	for _, greeting := range []string{"", "+", "HTTP/1.1 400 Bad Request"} {
		sent := int64(0)
		_, _, err := ask(t, "hello", func(conn net.Conn) {
			conn.Write([]byte(greeting))
			sent, _ = io.Copy(io.Discard, conn)
		})
		if err == nil || sent > 0 {
			t.Fatalf("The server greeted with %q, which is not '*'. The client sent %d bytes and got the error %v. "+
				"It should send nothing and get an error.", greeting, sent, err)
		}
	}
}
