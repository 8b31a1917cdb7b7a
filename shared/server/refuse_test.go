package server

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

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

// open is how many connections are open.
func open(s *Server) int {
	synctest.Wait()
	s.clients.mu.Lock()
	defer s.clients.mu.Unlock()
	return len(s.clients.open)
}

func TestARefusedClientCountsAsRefusedAtOnceAndIsNotServedAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, func(io.ReadWriter) error { t.Error("served"); return nil })
		s.clients.busy = []byte("busy")
		client, c := accepted(s)
		Refuse(c)
		assert.Equal(t, Counters{Accepted: 1, Refused: 1}, s.Counters(), "the client has not read it yet")
		assert.Equal(t, 1, open(s))
		said, err := io.ReadAll(client)
		assert.NoError(t, err)
		assert.Equal(t, "busy", string(said))
		client.Close()
		assert.Zero(t, open(s))
		s.handle(c)
		Refuse(c)
		assert.Equal(t, Counters{Accepted: 1, Refused: 1}, s.Counters())
	})
}

func TestRefusingBlocksNobodyAndEndsWhateverTheClientDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, nil)
		s.clients.busy = []byte("busy")
		_, never := accepted(s)      // its client does not read
		client, stays := accepted(s) // its client reads and does not hang up
		tardy, late := accepted(s)   // its client does the same, but it reads late
		began := time.Now()
		Refuse(never)
		Refuse(stays)
		Refuse(late)
		assert.Zero(t, time.Since(began))
		io.ReadFull(client, make([]byte, 4))
		time.Sleep(lingerTime / 2)
		io.ReadFull(tardy, make([]byte, 4))
		time.Sleep(lingerTime/2 - 1)
		assert.Equal(t, 3, open(s))
		time.Sleep(1)
		assert.Zero(t, open(s))
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
		assert.Zero(t, open(s))
		assert.Zero(t, time.Since(began))
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
		synctest.Wait() // until the server has begun
		_, c := accepted(s)
		Refuse(c)
	})
	assert.Equal(t, []string{"conn 1 refused: busy"}, lines)
}
