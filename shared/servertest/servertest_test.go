package servertest

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bounded is a right strategy with n slots, to be broken below.
func bounded(n int) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error {
		var clients sync.WaitGroup
		defer clients.Wait()
		slots := make(chan struct{}, n)
		for {
			slots <- struct{}{}
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			clients.Go(func() {
				defer func() { <-slots }()
				handle(conn)
			})
		}
	}
}

// broken is a right server but for one change.
func broken(change func(*server.Server)) serveFunc {
	return func(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
		s := server.New(bounded(2), talk)
		s.IdleTimeout, s.Drain = idleTimeout, drain
		change(s)
		return s.Serve(ctx, ln)
	}
}

// saying is a right server but for its conversation.
func saying(talk protocol.Conversation) serveFunc {
	return func(ctx context.Context, ln net.Listener, _ protocol.Conversation) (forced int, err error) {
		return strategic(bounded(2))(ctx, ln, talk)
	}
}

func TestTheSuiteAcceptsARightServer(t *testing.T) {
	Run(t, bounded(2), Promise{Greeted: 2, Accepted: 2})
}

func TestTheSuiteRejectsBrokenServers(t *testing.T) {
	muteLogs(t)
	noticed := make(map[string]bool)
	for _, test := range []struct {
		fault string
		serve serveFunc
		by    string // the case that must notice
	}{
		{"admits one more than it promises",
			strategic(bounded(3)),
			"greets and accepts as many at once as it promises"},
		{"admits one fewer than it promises",
			strategic(bounded(1)),
			"greets and accepts as many at once as it promises"},
		{"accepts clients that it does not serve",
			strategic(acceptsAll),
			"greets and accepts as many at once as it promises"},
		{"never closes a connection",
			neverCloses,
			"answers all that it owes after a half-close, then closes"},
		{"ends when a client resets its connection",
			diesOnReset,
			"gives a slot back when its client resets the connection"},
		{"answers byte by byte",
			saying(byteByByte),
			"answers a read with one write"},
		{"forgets between two reads that a message is open",
			saying(forgetful),
			"answers the same however the bytes are split"},
		{"takes the last byte value for an error",
			saying(fearsLastByte),
			"answers every message with what the protocol owes"},
		{"shares one decoder among all clients",
			saying(sharesState()),
			"starts each client outside a message"},
		{"drops what it owes when a client closes its side",
			saying(dropsAtEnd),
			"answers all that it owes after a half-close, then closes"},
		{"has no idle timeout",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"closes a silent client at the idle timeout, and not before"},
		{"closes silent clients too early",
			broken(func(s *server.Server) { s.IdleTimeout = idleTimeout / 2 }),
			"closes a silent client at the idle timeout, and not before"},
		{"has no drain",
			broken(func(s *server.Server) { s.Drain = 0 }),
			"lets an open conversation end within the drain"},
		{"waits for nobody",
			strategic(waitsForNobody),
			"lets an open conversation end within the drain"},
		{"drains longer than it may",
			broken(func(s *server.Server) { s.Drain = 2 * drain }),
			"closes by force what has not ended after the drain, and counts it"},
		{"ends when Accept fails",
			bare(nil),
			"goes on accepting after every error but the listener's end"},
		{"tries to accept again without a pause",
			bare(func() {}),
			"tries to accept again at growing distances"},
		{"dies of a panic in a conversation",
			bare(func() {}),
			"loses nothing but one connection to a panic"},
		{"is sure of all streams but some",
			saying(forgetful),
			"answers any stream as the definition says"},
		{"gives a slot back late",
			strategic(late),
			"greets the next client when one leaves"},
		{"forgets a client",
			strategic(forgetsTheTenth),
			"serves all clients in the end"},
		{"lets silent clients stay",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"serves a good client although silent clients hold all slots"},
		{"waits for ever in a write",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"closes clients that never read"},
		{"takes the whole drain each time",
			drainsAlways,
			"stops at once when no client is there"},
		{"serves its queue to the end when it is stopped",
			servesTheQueue,
			"closes accepted clients without a greeting when it stops"},
		{"sleeps on when it is stopped",
			bare(func() { time.Sleep(time.Minute) }),
			"stops at once while accepting backs off"},
		{"serves one request more at once than it promises",
			strategic(bounded(3)),
			"serves as many requests over HTTP at once as it promises"},
		{"says nothing to what is no request",
			saying(curt),
			"answers every request over HTTP as the RFCs demand, and hangs up"},
		{"says nothing to half a request",
			saying(curt),
			"answers half a request over HTTP when the client falls silent"},
		{"keeps spare connections for ever",
			broken(func(s *server.Server) { s.IdleTimeout = 0 }),
			"lets go of clients that say nothing over HTTP"},
		{"closes while the client still sends",
			bare(nil),
			"delivers the response although the client goes on sending"},
		{"hangs up at once, or never",
			bare(nil),
			"gives a client that was answered half a second to hang up, and no more"},
		{"has a tally for each client",
			saying(ownTally),
			"answers questions about words, and all clients share one tally"},
	} {
		noticed[test.by] = true
		t.Run(test.fault, func(t *testing.T) {
			i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == test.by })
			require.NotEqual(t, -1, i, "no case is called %q", test.by)
			assert.Error(t, cases[i].try(t, test.serve, Promise{Greeted: 2, Accepted: 2}))
		})
	}
	for _, c := range cases {
		assert.True(t, noticed[c.name], "no broken server shows that this case can fail: %s", c.name)
	}
}

// refusing is a right strategy with n workers and a queue for q, but for how it refuses.
func refusing(n, q int, refuse func(net.Conn)) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error {
		queue := make(chan net.Conn, q)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer close(queue)
		for range n {
			workers.Go(func() {
				for conn := range queue {
					handle(conn)
				}
			})
		}
		for {
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			select {
			case queue <- conn:
			default:
				refuse(conn)
			}
		}
	}
}

func TestTheSuiteAcceptsAStrategyThatRefuses(t *testing.T) {
	Refuses(t, refusing(2, 3, server.Refuse), 2, 3)
}

func TestTheSuiteRejectsStrategiesThatRefuseWrongly(t *testing.T) {
	muteLogs(t)
	noticed := make(map[string]bool)
	for _, test := range []struct {
		fault    string
		strategy server.Strategy
		by       string // the case that must notice
	}{
		{"hangs up without a word",
			refusing(2, 3, func(conn net.Conn) { conn.Close() }),
			"tells a client at once that the server is busy, and hangs up"},
		{"says another protocol's words",
			refusing(2, 3, func(conn net.Conn) { go saysAndCloses(conn, "? busy\n") }),
			"tells a client at once that the server is busy, and hangs up"},
		{"lets one more wait than it should",
			refusing(2, 4, server.Refuse),
			"tells a client at once that the server is busy, and hangs up"},
		{"refuses later",
			refusing(2, 3, func(conn net.Conn) { time.AfterFunc(time.Second, func() { server.Refuse(conn) }) }),
			"tells a client at once that the server is busy, and hangs up"},
		{"closes while the client still sends",
			refusing(2, 3, func(conn net.Conn) { go saysAndCloses(conn, "!") }),
			"gives the whole refusal to a client that sends at the same time"},
		{"refuses the clients for which there is room again",
			refusesSuccessors(2, 3),
			"makes room when a client leaves"},
		{"lets refused clients stay",
			refusing(2, 3, func(conn net.Conn) { server.Refuse(closesLate{conn}) }),
			"keeps a refused client for half a second at most"},
		{"gives refused clients no time to read",
			refusing(2, 3, func(conn net.Conn) {
				server.Refuse(conn)
				time.AfterFunc(100*time.Millisecond, func() { conn.Close() })
			}),
			"keeps a refused client for half a second at most"},
		{"waits in its accept loop for a client to read the refusal",
			refusing(2, 3, func(conn net.Conn) { saysAndCloses(conn, "!") }),
			"keeps a refused client for half a second at most"},
		{"waits for refused clients when it stops",
			lingersAtStop(2, 3),
			"stops at once although refused clients are there"},
	} {
		noticed[test.by] = true
		t.Run(test.fault, func(t *testing.T) {
			i := slices.IndexFunc(refusalCases, func(c refusalCase) bool { return c.name == test.by })
			require.NotEqual(t, -1, i, "no case is called %q", test.by)
			assert.Error(t, refusalCases[i].try(t, test.strategy, "message", 2, 3))
		})
	}
	for _, c := range refusalCases {
		assert.True(t, noticed[c.name], "no broken strategy shows that this case can fail: %s", c.name)
	}
}
