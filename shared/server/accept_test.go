package server

import (
	"context"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
)

func TestABurstOfFailuresOfAcceptIsOneLine(t *testing.T) {
	lines := logged(t, protocol.Message, func(_ *Server, ln *memnet.Listener) {
		for range 2 {
			for range 20 {
				ln.Fail(syscall.EMFILE)
			}
			client := ln.Dial() // gets in between, as when another one leaves
			io.ReadFull(client, make([]byte, 1))
			client.Close()
			ln.Fail(syscall.EMFILE)
			time.Sleep(time.Minute)
		}
	})
	bursts := 0
	for _, line := range lines {
		if strings.Contains(line, "cannot accept") {
			bursts++
			assert.Equal(t, "warning: cannot accept: too many open files; trying again until it works", line)
		}
	}
	assert.Equal(t, 2, bursts)
}

// tardy is a listener that still accepts a connection after its Close, as a kernel may.
type tardy struct {
	*memnet.Listener
	closed chan struct{}
	last   net.Conn
}

func (l *tardy) Accept() (net.Conn, error) {
	<-l.closed
	return l.last, nil
}

func (l *tardy) Close() error {
	defer func() { recover() }() // of the second call
	close(l.closed)
	return nil
}

func TestAClientThatIsAcceptedAsTheServerStopsIsLetGoWithoutAGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		s := New(sequential, protocol.Message)
		s.Drain = time.Hour
		forced, err := s.Serve(ctx, &tardy{memnet.Listen(), make(chan struct{}), server})
		assert.NoError(t, err)
		assert.Zero(t, forced)
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, Counters{}, s.Counters())
	})
}

func TestAcceptTriesAgainAsSoonAsADescriptorIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := memnet.Listen()
		l := &listener{Listener: ln, ctx: t.Context(), clients: newClients()}
		ln.Dial()
		open, err := l.Accept()
		require.NoError(t, err)
		for range 10 { // the tenth comes after 2.275 s, and the pause behind it takes another second
			ln.Fail(syscall.EMFILE)
		}
		ln.Dial()
		began := time.Now()
		const leaves = 2500 * time.Millisecond
		time.AfterFunc(leaves, func() { open.Close() })
		conn, err := l.Accept()
		require.NoError(t, err)
		assert.Equal(t, leaves, time.Since(began))
		conn.Close()
	})
}
