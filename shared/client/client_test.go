package client

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
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
	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/timeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server is what a test puts at the other end of a client's connection, which is closed when it returns.
type server func(*memnet.Conn)

// dialTo returns a dial function that connects each client to a serve of its own, which servers counts.
func dialTo(servers *sync.WaitGroup, serve server) func(context.Context) (net.Conn, error) {
	ln := memnet.Listen()
	return func(context.Context) (net.Conn, error) {
		client := ln.Dial()
		conn, err := ln.Accept()
		servers.Go(func() {
			serve(conn.(*memnet.Conn))
			conn.Close()
		})
		return client, err
	}
}

// runs has clients as r describes them talk to serve in fake time, and returns their lanes and their log.
func runs(t *testing.T, r Run, serve server) (chart timeline.Chart, log string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var servers sync.WaitGroup
		defer servers.Wait()
		r.Log = slog.New(console.NewHandler(&out, "", false, slog.LevelInfo))
		r.Dial = dialTo(&servers, serve)
		chart, log = r.Do(t.Context()), out.String()
	})
	return chart, log
}

// run has one client talk as r describes it, with a pause of a second.
func run(t *testing.T, r Run, serve server) (lane timeline.Lane, log string) {
	t.Helper()
	r.Clients, r.Pause = 1, time.Second
	chart, log := runs(t, r, serve)
	return chart.Lanes[0], log
}

// events are the lines of a log without their times.
func events(log string) []string {
	var events []string
	for line := range strings.Lines(log) {
		events = append(events, strings.TrimSpace(line[len("15:04:05.000"):]))
	}
	return events
}

// after3s returns a server that lets the client wait for 3 s and then talks.
func after3s(talk protocol.Conversation) server {
	return func(conn *memnet.Conn) {
		time.Sleep(3 * time.Second)
		talk(conn)
	}
}

func words(t *testing.T) *protocol.Table {
	table, err := protocol.LoadTable("")
	require.NoError(t, err)
	return table
}

func TestALaneSaysWhenItsClientWasAcceptedIfTheRunKnows(t *testing.T) {
	var accepted sync.Map // times by the addresses of clients
	r := Run{Clients: 2, Accepted: func(client net.Addr) time.Time {
		at, _ := accepted.Load(client.String())
		known, _ := at.(time.Time)
		return known
	}}
	chart, _ := runs(t, r, func(conn *memnet.Conn) {
		time.Sleep(2 * time.Second)
		if client := conn.RemoteAddr().String(); strings.HasSuffix(client, "1") { // it dialled first
			accepted.Store(client, time.Now())
		}
		after3s(protocol.Message)(conn)
	})
	assert.Equal(t, 2*time.Second, chart.Lanes[0].Accepted)
	assert.Equal(t, 5*time.Second, chart.Lanes[0].Admitted())
	assert.Zero(t, chart.Lanes[1].Accepted, "unknown")
}

func TestAClientOfEachProtocolIsServedAndLogsIt(t *testing.T) {
	for _, test := range []struct {
		run    Run
		talk   protocol.Conversation
		served time.Duration
		log    []string
	}{
		{Run{}, protocol.Message, 2200 * time.Millisecond, []string{
			`conn0 connected, waiting for the greeting`,
			`conn0 greeted after 3s`,
			`conn0 sending "^abc$de^abte$f"`,
			`conn0 received "bcdbcuf"`,
			`conn0 sending "xyz^123"`,
			`conn0 received "234"`,
			`conn0 sending "25$^ab0000$abab"`,
			`conn0 received "36bc1111"`,
			`conn0 disconnecting`,
		}},
		{Run{Protocol: "words", Words: []string{"light", "television", "light"}}, words(t).Converse, 3 * time.Second, []string{
			`conn0 connected, waiting for the greeting`,
			`conn0 greeted after 3s`,
			`conn0 sending "light\n"`,
			`conn0 received "249\n"`,
			`conn0 sending "television\n"`,
			`conn0 received "0\n"`,
			`conn0 sending "light\n"`,
			`conn0 received "249\n"`,
			`conn0 disconnecting`,
		}},
		{Run{Protocol: "words"}, words(t).Converse, 3 * time.Second, nil},
		{Run{Protocol: "http", Paths: []string{"/sleep?d=2s"}}, protocol.HTTP("x"), 2 * time.Second, []string{
			`conn0 sending GET /sleep?d=2s`,
			`conn0 received "200 OK" and N bytes, served for 2s`,
			`conn0 disconnecting`,
		}},
		{Run{Protocol: "http"}, protocol.HTTP("x"), time.Second, nil},
	} {
		lane, log := run(t, test.run, after3s(test.talk))
		assert.Equal(t, timeline.Lane{Name: "conn0", Waited: 3 * time.Second, Served: test.served}, lane)
		for i, event := range events(log) {
			if test.log != nil {
				assert.Regexp(t, "^"+strings.NewReplacer("N", `\d+`, "?", `\?`, "$", `\$`, "^", `\^`, `\n`, `\\n`).Replace(test.log[i])+"$", event)
			}
		}
	}
}

func TestAClientThatIsGreetedLateIsServedAllTheSame(t *testing.T) {
	for _, test := range []struct {
		protocol string
		talk     protocol.Conversation
		patience time.Duration
	}{{"message", protocol.Message, 14400 * time.Millisecond}, {"words", words(t).Converse, 16 * time.Second}} {
		lane, _ := run(t, Run{Protocol: test.protocol}, func(conn *memnet.Conn) {
			time.Sleep(test.patience - time.Second)
			test.talk(conn)
		})
		assert.Empty(t, lane.Failure, test.protocol)
		assert.Equal(t, test.patience-time.Second, lane.Waited)
	}
}

func TestAServerCannotHaveServedAClientBeforeItArrived(t *testing.T) {
	lane, _ := run(t, Run{Protocol: "http"}, func(conn *memnet.Conn) {
		time.Sleep(time.Second)
		steps(listens, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer-Timing: serve;dur=3000\r\n\r\n"), drains)(conn)
	})
	assert.Equal(t, timeline.Lane{Name: "conn0", Served: time.Second}, lane)
}

func TestAConversationTakesTwoPausesAndAFifth(t *testing.T) {
	assert.Equal(t, 2200*time.Millisecond, Length(time.Second))
	assert.Zero(t, Length(0))
}

func TestTheScriptIsOwedWhatTheProtocolSays(t *testing.T) {
	var d protocol.Decoder
	for i, line := range script {
		assert.Equal(t, owes[i], string(d.Reply([]byte(line))))
	}
}

func TestClientsTakePathsInTurn(t *testing.T) {
	r := Run{Paths: []string{"/a", "/b"}}
	assert.Equal(t, []string{"/a", "/b", "/a"}, []string{r.path(0), r.path(1), r.path(2)})
}

func TestPatienceIsTwiceWhatServingAllInTurnTakesAndTenSeconds(t *testing.T) {
	for want, r := range map[time.Duration]Run{
		10*time.Second + 2*3*2200*time.Millisecond: {Clients: 3, Pause: time.Second},
		10*time.Second + 2*3*2*time.Second:         {Clients: 3, Pause: time.Second, Protocol: "words", Words: []string{"a", "b"}},
		10*time.Second + 2*2*time.Second:           {Clients: 3, Protocol: "http", Paths: DefaultPaths}, // two sleepers
		10*time.Second + 2*5*time.Second:           {Clients: 1, Protocol: "http", Paths: []string{"/sleep"}},
		10*time.Second + 2*time.Minute:             {Clients: 1, Protocol: "http", Paths: []string{"/sleep?d=5h"}},
		10 * time.Second:                           {Clients: 9, Protocol: "http", Paths: []string{"/"}},
	} {
		assert.Equal(t, want, r.patience(), "%+v", r)
	}
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
			assert.Equal(t, time.Duration(i)*inTurn, l.Arrived, "a client that hangs holds up the next one, but not for long")
		}
	})
}

// A laggard is a connection of a client on a busy machine, which reads and closes later than it could.
type laggard struct {
	*memnet.Conn
	lag time.Duration
}

func (c laggard) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	time.Sleep(c.lag)
	return n, err
}

func (c laggard) CloseWrite() error {
	err := c.Conn.CloseWrite()
	time.Sleep(c.lag)
	return err
}

func TestClientsNeverSeemToShareASlot(t *testing.T) {
	for _, test := range []struct {
		pause, late time.Duration
		want        int
	}{{time.Second, 0, 2}, {time.Second, 1500 * time.Millisecond, 2}, {0, 0, 0}, {0, time.Second, 0}} {
		synctest.Test(t, func(t *testing.T) {
			var servers sync.WaitGroup
			defer servers.Wait()
			slots := make(chan struct{}, 2)
			dial := dialTo(&servers, func(conn *memnet.Conn) {
				slots <- struct{}{}
				answersAfter(test.late)(conn)
				<-slots
			})
			clients := 0
			chart := Run{Clients: 6, Pause: test.pause, Log: slog.New(slog.DiscardHandler), Dial: func(ctx context.Context) (net.Conn, error) {
				conn, err := dial(ctx)
				clients++
				return laggard{conn.(*memnet.Conn), time.Duration(clients%3) * 20 * time.Millisecond}, err
			}}.Do(t.Context())
			assert.Empty(t, chart.Failures())
			assert.Equal(t, test.want, chart.AtOnce(), "%+v", test)
		})
	}
}

// eagerly reads what the client says as soon as it comes, as the kernel does, and hands it over one read at a time. It
// closes the channel when the client has hung up.
func eagerly(conn net.Conn) <-chan []byte {
	chunks := make(chan []byte, 100)
	go func() {
		defer close(chunks)
		for {
			buf := make([]byte, 100)
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			chunks <- buf[:n]
		}
	}()
	return chunks
}

// answersAfter returns a message server that sleeps for d before each answer.
func answersAfter(d time.Duration) server {
	return func(conn *memnet.Conn) {
		io.WriteString(conn, "*")
		var decoder protocol.Decoder
		for chunk := range eagerly(conn) {
			time.Sleep(d)
			conn.Write(decoder.Reply(chunk))
		}
	}
}

// answersBytewise is a message server that sends each byte of an answer by itself, a tenth of a second after the last.
func answersBytewise(conn *memnet.Conn) {
	io.WriteString(conn, "*")
	var decoder protocol.Decoder
	for chunk := range eagerly(conn) {
		for _, b := range slices.Clone(decoder.Reply(chunk)) {
			time.Sleep(100 * time.Millisecond)
			conn.Write([]byte{b})
		}
	}
}

// answersNothing is a server that greets and reads, and says nothing else.
func answersNothing(conn *memnet.Conn) {
	io.WriteString(conn, "*")
	io.Copy(io.Discard, conn)
	time.Sleep(time.Hour)
}

func TestTheServiceLastsToTheLastByteThatIsOwed(t *testing.T) {
	const hungUp = 2200 * time.Millisecond
	for _, test := range []struct {
		what         string
		pause        time.Duration
		serve        server
		served, late time.Duration
	}{
		{"prompt", time.Second, answersAfter(0), hungUp, 0},
		{"prompt, and no pauses", 0, answersAfter(0), 0, 0},
		{"after the next message, but before the hang-up", time.Second, answersAfter(time.Second / 15), hungUp, 0},
		{"late", time.Second, answersAfter(1500 * time.Millisecond), 4500 * time.Millisecond, 2300 * time.Millisecond},
		{"late, and no pauses", 0, answersAfter(500 * time.Millisecond), 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"byte by byte", time.Second, answersBytewise, 2800 * time.Millisecond, 600 * time.Millisecond},
		{"nothing", time.Second, answersNothing, hungUp + 10*time.Second, 10 * time.Second},
	} {
		chart, _ := runs(t, Run{Clients: 1, Pause: test.pause}, test.serve)
		assert.Equal(t, []time.Duration{test.served, test.late}, []time.Duration{chart.Lanes[0].Served, chart.Lanes[0].Late}, test.what)
	}
	slowWords := func(conn *memnet.Conn) {
		io.WriteString(conn, "* 9 words\n")
		for range eagerly(conn) {
			time.Sleep(1500 * time.Millisecond)
			io.WriteString(conn, "7\n")
		}
	}
	lane, _ := run(t, Run{Protocol: "words"}, slowWords)
	assert.Equal(t, timeline.Lane{Name: "conn0", Served: 4500 * time.Millisecond, Late: 1500 * time.Millisecond}, lane)
}
