package client

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
)

// What a server of a test does, step by step. At the end of its steps it closes the connection in order.
type step func(*memnet.Conn)

func steps(all ...step) server {
	return func(conn *memnet.Conn) {
		for _, step := range all {
			step(conn)
		}
	}
}

func says(text string) step { return func(conn *memnet.Conn) { io.WriteString(conn, text) } }

// endless says text for as long as the client takes it. A client without a bound takes a few megabytes.
func endless(text string) step {
	return func(conn *memnet.Conn) {
		block := strings.Repeat(text, 10_000/len(text))
		for range 1000 {
			if _, err := io.WriteString(conn, block); err != nil {
				return
			}
		}
	}
}

func resets(conn *memnet.Conn)  { conn.Reset() }
func hangs(*memnet.Conn)        { time.Sleep(time.Hour) }
func listens(conn *memnet.Conn) { conn.Read(make([]byte, 1000)) }
func drains(conn *memnet.Conn)  { io.Copy(io.Discard, conn) }

// converses answers as the message protocol demands, until the client has said n lines.
func converses(n int) step {
	return func(conn *memnet.Conn) {
		io.WriteString(conn, "*")
		var d protocol.Decoder
		for range n {
			buf := make([]byte, 100)
			n, _ := conn.Read(buf)
			conn.Write(d.Reply(buf[:n]))
		}
	}
}

type fault struct {
	what  string
	serve server
	want  string
}

func testFaults(t *testing.T, r Run, faults []fault) {
	for _, fault := range faults {
		t.Run(fault.what, func(t *testing.T) {
			lane, log := run(t, r, fault.serve)
			assert.Equal(t, fault.want, lane.Failure)
			assert.True(t, strings.HasSuffix(log, "conn0 failed: "+fault.want+"\n"), log)
		})
	}
}

func TestEachFaultOfAMessageServerIsToldApart(t *testing.T) {
	testFaults(t, Run{}, []fault{
		{"never greets", steps(hangs), "no greeting within 14.4s: the server is busy or stopping, or speaks another protocol"},
		{"hangs up before the greeting", steps(), "the server hung up before the greeting: the server is busy or stopping, or speaks another protocol"},
		{"resets before the greeting", steps(resets), "the conversation broke off before the greeting: connection reset by peer: the server is busy or stopping, or speaks another protocol"},
		{"speaks another protocol", steps(says("H")), "greeted with 'H', want '*': the server does not speak message"},
		{"speaks the words protocol", steps(says("* 9 words\n")), "greeted like a words server: the server does not speak message"},
		{"answers wrongly", steps(says("*"), listens, says("bcdbcug"), drains, hangs), "reply byte 6: got 'g', want 'f'"},
		{"answers wrongly in a later piece", steps(says("*"), listens, says("bcd"), says("bcug"), drains), "reply byte 6: got 'g', want 'f'"},
		{"answers more than it owes by then", steps(says("*"), listens, says("bcdbcuf2"), drains, hangs), "reply byte 7: got '2', want nothing"},
		{"answers more than it owes at all", steps(converses(3), says("!"), hangs), "reply byte 18: got '!', want nothing"},
		{"answers without end", steps(says("*"), listens, endless("bcdbcuf")), "reply byte 7: got 'b', want nothing"},
		{"hangs up after the greeting", steps(says("*")), "the server hung up after 0 of 18 reply bytes"},
		{"hangs up in the middle", steps(says("*"), listens, says("bcd")), "the server hung up after 3 of 18 reply bytes"},
		{"resets in the middle", steps(says("*"), listens, says("bcd"), resets), "the conversation broke off after 3 of 18 reply bytes: connection reset by peer"},
		{"hangs up when it has answered everything", steps(converses(3)), "the server hung up before the client did"},
		{"resets when it has answered everything", steps(converses(3), resets), "the conversation broke off before the server hung up: connection reset by peer"},
		{"answers nothing", answersNothing, "no reply within 10s after the client hung up"},
		{"falls silent", steps(says("*"), listens, says("bcd"), drains, hangs), "only 3 of 18 reply bytes within 10s after the client hung up"},
		{"trickles", func(conn *memnet.Conn) {
			io.WriteString(conn, "*")
			go io.Copy(io.Discard, conn)
			for _, b := range owed(len(script)) {
				time.Sleep(2 * time.Second)
				io.WriteString(conn, string(b))
			}
		}, "only 6 of 18 reply bytes within 10s after the client hung up"},
		{"never hangs up", steps(converses(3), drains, hangs), "the server did not hang up within 10s after the client hung up"},
		{"reads nothing", steps(says("*"), hangs), "no reply within 10s after the client hung up"},
	})
}

func TestEachFaultOfAnHTTPServerIsToldApart(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nServer-Timing: serve;dur=0\r\n"
	testFaults(t, Run{Protocol: "http", Paths: []string{"/"}}, []fault{
		{"never answers", steps(drains, hangs), "no response within 10s: the server is busy or stopping, or does not speak HTTP"},
		{"reads nothing", steps(hangs), "no response within 10s: the server is busy or stopping, or does not speak HTTP"},
		{"hangs up before the response", steps(listens), "the server hung up before the response: the server is busy or stopping, or does not speak HTTP"},
		{"resets before the response", steps(listens, resets), "the conversation broke off before the response: connection reset by peer: the server is busy or stopping, or does not speak HTTP"},
		{"speaks another protocol", steps(listens, says("*")), `got "*", want a response: the server does not speak HTTP`},
		{"sends no response", steps(listens, says("Hello\r\n\r\n")), `the conversation broke off inside the header: malformed HTTP response "Hello"`},
		{"stops inside the header", steps(listens, says("HTTP/1.1 200 OK\r\nA"), drains, hangs), "no whole response within 10s"},
		{"hangs up inside the header", steps(listens, says("HTTP/1.1 200 OK\r\nA")), "the server hung up inside the header"},
		{"sends a header without end", steps(listens, says(head+"A: "), endless("aaaaaaaaaa")), "the conversation broke off inside the header: the server sends more than 262144 bytes"},
		{"sends headers without end", steps(listens, says(head), endless("Name: value\r\n")), "the conversation broke off inside the header: the server sends more than 262144 bytes"},
		{"does not say how long it served", steps(listens, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")), `got Server-Timing "", want serve;dur=MILLISECONDS in it, and at most an hour`},
		{"served for more than an hour", steps(listens, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer-Timing: serve;dur=99999999999999999999\r\n\r\n")),
			`got Server-Timing "serve;dur=99999999999999999999", want serve;dur=MILLISECONDS in it, and at most an hour`},
		{"served for no number", steps(listens, says("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer-Timing: serve;dur=x\r\n\r\n")),
			`got Server-Timing "serve;dur=x", want serve;dur=MILLISECONDS in it, and at most an hour`},
		{"has no such page", steps(listens, says("HTTP/1.1 404 Not Found\r\nContent-Length: 43\r\nServer-Timing: serve;dur=1\r\n\r\n<title>no &#34;such\x1b&#34; page</title>\nmore")),
			`GET /: got "404 Not Found", want 200: "no \"such\x1b\" page"`},
		{"stops inside the page", steps(listens, says(head+"Content-Length: 9\r\n\r\nabc"), drains, hangs), "only 3 bytes of the page within 10s"},
		{"hangs up inside the page", steps(listens, says(head+"Content-Length: 9\r\n\r\nabc")), "the server hung up after 3 bytes of the page"},
		{"resets inside the page", steps(listens, says(head+"Content-Length: 9\r\n\r\nabc"), resets), "the conversation broke off after 3 bytes of the page: connection reset by peer"},
		{"sends a page without end", steps(listens, says(head+"\r\n"), endless("a")), "the conversation broke off after 262097 bytes of the page: the server sends more than 262144 bytes"},
		{"sends chunks without end", steps(listens, says(head+"Transfer-Encoding: chunked\r\n\r\n"), endless("4\r\nabcd\r\n")), "the conversation broke off after 116476 bytes of the page: the server sends more than 262144 bytes"},
		{"sends wrong chunks", steps(listens, says(head+"Transfer-Encoding: chunked\r\n\r\nx\r\n")), "the conversation broke off after 0 bytes of the page: invalid byte in chunk length"},
		{"has no such page, and goes on about it", steps(listens, says("HTTP/1.1 404 Not Found\r\nContent-Length: 507\r\nServer-Timing: serve;dur=1\r\n\r\n<title>"+strings.Repeat("a", 500))),
			`GET /: got "404 Not Found", want 200: "` + strings.Repeat("a", 100) + `"`},
		{"says more after the page", steps(listens, says(head+"Content-Length: 0\r\n\r\n!")), "got '!' after the end, want nothing"},
		{"never hangs up", steps(listens, says(head+"Content-Length: 0\r\n\r\n"), drains, hangs), "the server did not hang up within 10s after the client hung up"},
		{"resets after the page", steps(listens, says(head+"Content-Length: 0\r\n\r\n"), drains, resets), "the conversation broke off before the server hung up: connection reset by peer"},
	})
}

func TestEachFaultOfAWordsServerIsToldApart(t *testing.T) {
	const greeting = "* 9 words\n"
	testFaults(t, Run{Protocol: "words", Words: []string{"a", "a"}}, []fault{
		{"never greets", steps(hangs), "no greeting within 14s: the server is busy or stopping, or speaks another protocol"},
		{"hangs up before the greeting", steps(), "the server hung up before the greeting: the server is busy or stopping, or speaks another protocol"},
		{"resets before the greeting", steps(resets), "the conversation broke off before the greeting: connection reset by peer: the server is busy or stopping, or speaks another protocol"},
		{"speaks the message protocol", steps(says("*"), hangs), `greeted with "*", want "* N words": the server does not speak words`},
		{"speaks another protocol", steps(says("HTTP/1.1 400 Bad Request\n")), `greeted with "HTTP/1.1 400 Bad Req", want "* N words": the server does not speak words`},
		{"greets with another number", steps(says("* 9\n")), `greeted with "* 9\n", want "* N words": the server does not speak words`},
		{"stops inside the greeting", steps(says("* 9 wo"), hangs), "no whole greeting within 14s"},
		{"greets without end", steps(endless("* 123456789")),
			"the conversation broke off inside the greeting: the server sends more than 3072 bytes"},
		{"answers with no count", steps(says(greeting), listens, says("many\n")), `"a": got "many", want a count`},
		{"answers with less than none", steps(says(greeting), listens, says("-1\n")), `"a": got "-1", want a count`},
		{"answers without end", steps(says(greeting), listens, endless("9")), "the conversation broke off after 0 of 2 answers: the server sends more than 3072 bytes"},
		{"answers what nobody has asked", steps(says(greeting), listens, says("1\n1\n")), `got "1" before the client had asked for "a", want nothing`},
		{"answers differently", steps(says(greeting), listens, says("1\n"), listens, says("2\n")), `"a": got 2, and before 1`},
		{"refuses", steps(says(greeting), listens, says("? no\x1b word\n")), `"a": the server refuses: "no\x1b word"`},
		{"hangs up in the middle", steps(says(greeting), listens, says("1\n")), "the server hung up after 1 of 2 answers"},
		{"hangs up inside an answer", steps(says(greeting), listens, says("1\n"), listens, says("1")), "the server hung up after 1 of 2 answers"},
		{"resets in the middle", steps(says(greeting), listens, says("1\n"), resets), "the conversation broke off after 1 of 2 answers: connection reset by peer"},
		{"hangs up when it has answered everything", steps(says(greeting), listens, says("1\n"), listens, says("1\n")), "the server hung up before the client did"},
		{"answers nothing", steps(says(greeting), drains, hangs), "no reply within 10s after the client hung up"},
		{"falls silent", steps(says(greeting), listens, says("1\n"), drains, hangs), "only 1 of 2 answers within 10s after the client hung up"},
		{"says more at the end", steps(says(greeting), listens, says("1\n"), listens, says("1\n"), drains, says("1\n")), `got '1' after the end, want nothing`},
		{"never hangs up", steps(says(greeting), listens, says("1\n"), listens, says("1\n"), drains, hangs), "the server did not hang up within 10s after the client hung up"},
	})
}

func TestAClientWaitsAsLongAsItSays(t *testing.T) {
	for name, want := range map[string]time.Duration{"message": 14400 * time.Millisecond, "words": 16 * time.Second, "http": 12 * time.Second} {
		lane, _ := run(t, Run{Protocol: name}, steps(hangs))
		assert.Equal(t, want, lane.Waited, name)
		assert.Contains(t, lane.Failure, " within "+want.String()+":", name)
	}
}

func TestAServerThatIsNotThereOrFullIsToldApart(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close()) // now nobody listens there
	var log strings.Builder
	chart := Run{Dial: Dial(addr), Clients: 1, Log: slog.New(slog.NewTextHandler(&log, nil))}.Do(t.Context())
	assert.Empty(t, log.String(), "the lane says it, and nothing was logged before")
	assert.Equal(t, "no server at "+addr+": start one first", chart.Lanes[0].Failure)

	synctest.Test(t, func(t *testing.T) {
		chart := Run{
			Dial: func(ctx context.Context) (net.Conn, error) { // as where the kernel drops the handshake
				<-ctx.Done()
				return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
			},
			Clients: 1, Log: slog.New(slog.DiscardHandler),
		}.Do(t.Context())
		assert.Equal(t, "not connected within 10s: the server's backlog is full, or the host does not answer", chart.Lanes[0].Failure)
		assert.Equal(t, 10*time.Second, chart.Lanes[0].Waited)
	})
	assert.EqualError(t, connectError(syscall.EHOSTUNREACH), "not connected: "+syscall.EHOSTUNREACH.Error())
}

func TestAnInterruptEndsAllClientsAtOnce(t *testing.T) {
	for name, serve := range map[string]server{"message": steps(says("*"), drains), "words": steps(says("* 9 words\n"), drains), "http": drains} {
		synctest.Test(t, func(t *testing.T) {
			var servers sync.WaitGroup
			defer servers.Wait()
			ctx, interrupt := context.WithCancel(t.Context())
			time.AfterFunc(1500*time.Millisecond, interrupt)
			began := time.Now()
			chart := Run{
				Dial: dialTo(&servers, serve), Protocol: name, Clients: 3, Pause: time.Second, Stagger: time.Second,
				Log: slog.New(slog.DiscardHandler),
			}.Do(ctx)
			assert.Equal(t, 1500*time.Millisecond, time.Since(began), name)
			assert.Equal(t, []string{"conn0, conn1, conn2: interrupted"}, chart.Failures(), name)
		})
	}
}

// A signaller is a connection that calls closing when it is closed.
type signaller struct {
	*memnet.Conn
	closing func()
}

func (c signaller) Close() error {
	c.closing()
	return c.Conn.Close()
}

func TestAClientThatIsThroughIsNotInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var servers sync.WaitGroup
		defer servers.Wait()
		ctx, interrupt := context.WithCancel(t.Context())
		dial := dialTo(&servers, steps(converses(3), drains))
		chart := Run{Clients: 1, Log: slog.New(slog.DiscardHandler), Dial: func(ctx context.Context) (net.Conn, error) {
			conn, err := dial(ctx)
			return signaller{conn.(*memnet.Conn), interrupt}, err
		}}.Do(ctx)
		assert.Error(t, ctx.Err())
		assert.Empty(t, chart.Failures())
	})
}

func TestAtMostFailsWhereMoreComes(t *testing.T) {
	const tooMuch = "the server sends more than 5 bytes"
	for text, want := range map[string]error{"": io.EOF, "12345": io.EOF, "123456": errors.New(tooMuch), "1234567": errors.New(tooMuch)} {
		got, err := bufio.NewReader(AtMost(strings.NewReader(text), 5)).ReadString('\n') // it gives up where nothing comes
		require.Equal(t, text[:min(len(text), 5)], got)
		require.Equal(t, want.Error(), err.Error(), text)
		all, err := io.ReadAll(AtMost(iotest.OneByteReader(strings.NewReader(text)), 5))
		require.Equal(t, got, string(all))
		require.Equal(t, want != io.EOF, err != nil, text)
	}
}
