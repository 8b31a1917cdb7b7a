package server

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
)

// What a client sees of a refusal, package servertest tests with Refuses.

// accepted returns both ends of a connection that s has just accepted.
func accepted(s *Server) (client *memnet.Conn, c *conn) {
	ln := memnet.Listen()
	client = ln.Dial()
	nc, _ := ln.Accept()
	return client, s.clients.add(nc)
}

func TestARefusedClientCountsAsRefusedAtOnceAndIsNotServedAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, func(io.ReadWriter) error { t.Error("served"); return nil })
		s.clients.busy = []byte("busy")
		client, c := accepted(s)
		Refuse(c)
		assert.Equal(t, Counters{Accepted: 1, Refused: 1}, s.Counters(), "the client has not read it yet")
		assert.Len(t, s.clients.open, 1, "the connection is open")
		said, err := io.ReadAll(client)
		assert.NoError(t, err)
		assert.Equal(t, "busy", string(said))
		client.Close()
		synctest.Wait()
		assert.Empty(t, s.clients.open)
		s.handle(c)
		Refuse(c)
		assert.Equal(t, Counters{Accepted: 1, Refused: 1}, s.Counters())
	})
}

func TestRefusingBlocksNobodyAndEndsWithinTheLingerTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		s.clients.busy = []byte("busy")
		_, never := accepted(s)   // its client does not read
		late, slow := accepted(s) // reads at the last moment, and does not hang up
		began := time.Now()
		Refuse(never)
		Refuse(slow)
		assert.Zero(t, time.Since(began))
		time.Sleep(lingerTime - 1)
		io.ReadFull(late, make([]byte, 4))
		assert.Len(t, s.clients.open, 2)
		time.Sleep(1)
		synctest.Wait()
		assert.Empty(t, s.clients.open)
	})
}

func TestARefusalEndsWhenTheServerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		s.clients.busy = []byte("busy")
		_, before := accepted(s)
		client, after := accepted(s)
		Refuse(before)
		synctest.Wait()
		began := time.Now()
		assert.Zero(t, s.clients.stop())
		Refuse(after)
		synctest.Wait()
		assert.Zero(t, time.Since(began))
		assert.Empty(t, s.clients.open)
		said, err := io.ReadAll(client)
		assert.NoError(t, err)
		assert.Empty(t, said)
		assert.Equal(t, Counters{Accepted: 2, Refused: 2}, s.Counters())
	})
}

func TestWithoutWordsForItARefusalClosesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		client, c := accepted(s)
		released := false
		Refuse(&slotted{Conn: c, release: func() { released = true }})
		assert.True(t, released, "the wrapper is closed")
		_, err := client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, Counters{Accepted: 1, Refused: 1}, s.Counters())
	})
}

func TestARefusalThroughAWrapperClosesTheWrapper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		s.clients.busy = []byte("busy")
		client, c := accepted(s)
		released := false
		Refuse(&slotted{Conn: c, release: func() { released = true }})
		said, _ := io.ReadAll(client)
		assert.Equal(t, "busy", string(said))
		client.Close()
		synctest.Wait()
		assert.True(t, released)
	})
}

func TestARefusalIsOneLineOfTheLog(t *testing.T) {
	lines := logged(t, protocol.Message, func(s *Server, ln *memnet.Listener) {
		_, c := accepted(s)
		Refuse(c)
		synctest.Wait()
	})
	assert.Equal(t, []string{"conn 1 refused: busy"}, lines)
}

// The kernel resets a connection that is closed with unread bytes, and then the client may lose what it was told.
func TestOverTCPAClientGetsTheWholeRefusalAlthoughItIsSending(t *testing.T) {
	said := protocol.Busy("http", protocol.Options{Server: "test"})
	s := New(nil, nil)
	s.clients.busy = said
	ln, err := listen("127.0.0.1:0", "-addr")
	require.NoError(t, err)
	defer ln.Close()
	for range 20 {
		client, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		_, err = io.WriteString(client, strings.Repeat("x", 10_000))
		require.NoError(t, err)
		nc, err := ln.Accept()
		require.NoError(t, err)
		c := s.clients.add(nc)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.sayBusy(c, time.Now().Add(time.Hour)) // more than the machine needs
		}()
		got, err := io.ReadAll(client)
		assert.NoError(t, err)
		assert.Equal(t, string(said), string(got))
		client.Close()
		<-ended
	}
}
