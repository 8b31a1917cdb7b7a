package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/timeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheScriptIsOwedWhatTheProtocolSays(t *testing.T) {
	var d protocol.Decoder
	for _, line := range script {
		assert.Equal(t, line.owed, string(d.Reply([]byte(line.say))))
	}
}

// duplex is a connection in memory with two directions, so that one can be closed.
type duplex struct {
	net.Conn // to read from, and for its deadlines
	out      net.Conn
}

func (d duplex) Write(p []byte) (int, error) { return d.out.Write(p) }
func (d duplex) CloseWrite() error           { return d.out.Close() }
func (d duplex) Close() error                { return errors.Join(d.Conn.Close(), d.out.Close()) }

// run has one client talk to serve in fake time, and returns its lane and its log.
func run(t *testing.T, serve func(io.ReadWriteCloser)) (lane timeline.Lane, log string) {
	t.Helper()
	return runAs(t, Run{}, serve)
}

// runAs is run for a client as r describes it, in its protocol.
func runAs(t *testing.T, r Run, serve func(io.ReadWriteCloser)) (lane timeline.Lane, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var server sync.WaitGroup
		defer server.Wait()
		r.Clients = 1
		r.Pause = time.Second
		r.Log = slog.New(console.NewHandler(&out, "", false, slog.LevelInfo))
		r.Dial = func(context.Context) (net.Conn, error) {
			toClient, fromServer := net.Pipe()
			toServer, fromClient := net.Pipe()
			server.Go(func() { serve(duplex{toServer, fromServer}) })
			return duplex{toClient, fromClient}, nil
		}
		lane, log = r.Do(t.Context()).Lanes[0], out.String()
	})
	return lane, log
}

func TestAClientGoesThroughItsScriptAndLogsIt(t *testing.T) {
	lane, log := run(t, func(conn io.ReadWriteCloser) {
		time.Sleep(3 * time.Second) // the client waits for its greeting
		protocol.Message(conn)
		conn.Close()
	})
	assert.Equal(t, timeline.Lane{Name: "conn0", Waited: 3 * time.Second, Served: 2200 * time.Millisecond}, lane)
	var events []string
	for line := range strings.Lines(log) {
		events = append(events, strings.TrimSpace(line[len("15:04:05"):]))
	}
	assert.Equal(t, []string{
		`.000 conn0 connected, waiting for the greeting`,
		`.000 conn0 greeted after 3s`,
		`.000 conn0 sending "^abc$de^abte$f"`,
		`.000 conn0 received "bcdbcuf"`,
		`.000 conn0 sending "xyz^123"`,
		`.000 conn0 received "234"`,
		`.000 conn0 sending "25$^ab0000$abab"`,
		`.000 conn0 received "36bc1111"`,
		`.200 conn0 disconnecting`,
	}, events)
}

// says is a server that greets, answers the first reading with reply, and does what then says.
func says(greeting, reply string, then func(io.ReadWriteCloser)) func(io.ReadWriteCloser) {
	return func(conn io.ReadWriteCloser) {
		defer conn.Close()
		io.WriteString(conn, greeting)
		if reply != "" {
			conn.Read(make([]byte, 100))
			io.WriteString(conn, reply)
		}
		if then != nil {
			then(conn)
		}
	}
}

func TestEachFaultOfTheServerIsToldApartInOneLine(t *testing.T) {
	drainAndHang := func(conn io.ReadWriteCloser) {
		io.Copy(io.Discard, conn)
		time.Sleep(time.Hour)
	}
	for _, test := range []struct {
		fault string
		serve func(io.ReadWriteCloser)
		want  string
	}{
		{"never greets", says("", "", func(io.ReadWriteCloser) { time.Sleep(time.Hour) }),
			"no greeting within 14.4s: the server has no time, or speaks another protocol"},
		{"hangs up before the greeting", says("", "", nil),
			"the server hung up before its greeting: it is stopping, or speaks another protocol"},
		{"speaks another protocol", says("H", "", nil),
			"greeted with 'H', want '*': the server is no message server"},
		{"answers wrongly", says("*", "bcdbcug", drainAndHang),
			"reply byte 6: got 'g', want 'f'"},
		{"answers more than it owes", says("*", "bcdbcuf!", drainAndHang),
			"reply byte 7: got '!', want nothing"},
		{"hangs up in the middle", says("*", "bcd", nil),
			"the server hung up after 3 of 18 reply bytes"},
		{"hangs up when all but the end has been said", func(conn io.ReadWriteCloser) {
			io.WriteString(conn, "*")
			var d protocol.Decoder
			for range script {
				buf := make([]byte, 100)
				n, _ := conn.Read(buf)
				conn.Write(d.Reply(buf[:n]))
			}
			conn.Close()
		}, "the server hung up before the client did"},
		{"falls silent", says("*", "bcd", drainAndHang),
			"the server is silent after 3 of 18 reply bytes, for 10s"},
		{"never closes", func(conn io.ReadWriteCloser) {
			protocol.Message(conn)
			time.Sleep(time.Hour)
			conn.Close()
		}, "the server did not hang up within 10s of the client"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			lane, _ := run(t, test.serve)
			assert.Equal(t, test.want, lane.Failure)
		})
	}
}

func TestAServerThatIsNotThereOrFullIsToldApart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close()) // now nobody listens there
	chart := Run{Dial: Dial(addr), Clients: 1, Log: slog.New(slog.DiscardHandler)}.Do(t.Context())
	assert.Equal(t, "no server at "+addr+": start one first", chart.Lanes[0].Failure)

	synctest.Test(t, func(t *testing.T) {
		chart := Run{
			Dial: func(ctx context.Context) (net.Conn, error) { // as where the kernel drops the handshake
				<-ctx.Done()
				return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
			},
			Clients: 1, Log: slog.New(slog.DiscardHandler),
		}.Do(t.Context())
		assert.Equal(t, "full: not connected within 10s, so the server's backlog has no room", chart.Lanes[0].Failure)
	})
	assert.EqualError(t, connectError(syscall.EHOSTUNREACH), "not connected: "+syscall.EHOSTUNREACH.Error())
}

func TestClientsArriveInTheOrderOfTheirNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Run{
			Dial:    func(context.Context) (net.Conn, error) { return nil, syscall.ECONNREFUSED },
			Clients: 4, Stagger: time.Second, Log: slog.New(slog.DiscardHandler),
		}
		for i, l := range r.Do(t.Context()).Lanes {
			assert.Equal(t, time.Duration(i)*time.Second, l.Arrived)
		}
		hang := make(chan struct{})
		r.Stagger = 0
		r.Dial = func(context.Context) (net.Conn, error) { <-hang; return nil, syscall.ECONNREFUSED }
		time.AfterFunc(time.Minute, func() { close(hang) })
		for i, l := range r.Do(t.Context()).Lanes {
			assert.Equal(t, time.Duration(i)*inTurn, l.Arrived, "one that hangs holds the next up, but not for long")
		}
	})
}

func TestAnInterruptEndsAllClientsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, interrupt)
		began := time.Now()
		chart := Run{
			Dial: func(context.Context) (net.Conn, error) {
				client, _ := net.Pipe() // whose other end says nothing
				return duplex{client, client}, nil
			},
			Clients: 3, Log: slog.New(slog.DiscardHandler),
		}.Do(ctx)
		assert.Equal(t, time.Second, time.Since(began))
		for _, l := range chart.Lanes {
			assert.Equal(t, "interrupted", l.Failure)
		}
	})
}

func TestALaneIsFollowedFromStageToStage(t *testing.T) {
	for protocolName, serve := range map[string]func(io.ReadWriteCloser){
		"message": served(protocol.Message), "http": served(protocol.HTTP("x")),
	} {
		var stages []Stage
		var lanes []timeline.Lane
		r := Run{Protocol: protocolName, Paths: []string{"/sleep?d=2s"}, Follow: func(i int, stage Stage, lane timeline.Lane) {
			assert.Zero(t, i)
			stages, lanes = append(stages, stage), append(lanes, lane)
		}}
		lane, _ := runAs(t, r, serve)
		assert.Equal(t, []Stage{Arrived, Admitted, Done}, stages)
		assert.Equal(t, []timeline.Lane{{Name: "conn0"}, {Name: "conn0", Waited: 3 * time.Second}, lane}, lanes)
	}
	var stages []Stage
	lane, _ := runAs(t, Run{Follow: func(_ int, stage Stage, _ timeline.Lane) { stages = append(stages, stage) }}, says("", "", nil))
	assert.Equal(t, []Stage{Arrived, Done}, stages, "who never was admitted")
	assert.NotEmpty(t, lane.Failure)
}
