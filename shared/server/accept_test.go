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

	"example.com/concurrent-servers/shared/protocol"
)

func TestABurstOfFailuresOfAcceptIsOneLine(t *testing.T) {
	lines := logged(t, protocol.Message, func(_ *Server, q queue) {
		for range 2 {
			for range 20 {
				q.results <- syscall.EMFILE
			}
			client := q.connect() // gets in between, as when another one leaves
			io.ReadFull(client, make([]byte, 1))
			client.Close()
			q.results <- syscall.EMFILE
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

// tardy is a listener that still gives out a connection after its Close, as a kernel may.
type tardy struct {
	queue
	last net.Conn
}

func (l *tardy) Accept() (net.Conn, error) {
	<-l.closed
	return l.last, nil
}

func TestAClientThatIsAcceptedAsTheServerStopsIsLetGoWithoutAGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		s := &Server{Strategy: sequential, Conversation: protocol.Message, Drain: time.Hour}
		forced, err := s.Serve(ctx, &tardy{newQueue(), server})
		assert.NoError(t, err)
		assert.Zero(t, forced)
		_, err = client.Read(make([]byte, 1))
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, Counters{}, s.Counters())
	})
}

func TestAClientThatWaitsWhenTheServerStopsIsLetGoWithoutAGreeting(t *testing.T) {
	var s Server
	client, server := net.Pipe()
	c := s.clients.add(server)
	assert.Zero(t, s.clients.stop())
	s.Conversation = func(io.ReadWriter) error { t.Error("served after the stop"); return nil }
	s.handle(c) // as a worker does that takes it from a queue
	_, err := client.Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.EOF)
	assert.Zero(t, s.clients.closeAll(), "it does not count as closed by force")
	assert.Equal(t, Counters{Accepted: 1, Failed: 1}, s.Counters())
}

func TestAcceptTriesAgainAsSoonAsADescriptorIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		l := &listener{Listener: q, clients: &clients{freed: make(chan struct{}, 1)}, closed: make(chan struct{})}
		c := l.clients.add(q.connectedConn())
		for range 20 {
			q.results <- syscall.EMFILE
		}
		began := time.Now()
		time.AfterFunc(10*time.Second+time.Millisecond, func() {
			for range 100 { // whatever failures are left
				select {
				case <-q.results:
				default:
				}
			}
			q.connect()
			l.clients.begin(c)
			l.clients.end(c, false)
		})
		conn, err := l.Accept()
		require.NoError(t, err)
		assert.Equal(t, 10*time.Second+time.Millisecond, time.Since(began))
		conn.Close()
	})
}
