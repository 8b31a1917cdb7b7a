package client

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/timeline"
)

// served is a server that lets the client wait for 3 s and then talks.
func served(talk protocol.Conversation) func(io.ReadWriteCloser) {
	return func(conn io.ReadWriteCloser) {
		time.Sleep(3 * time.Second)
		talk(conn)
		conn.Close()
	}
}

func TestOverHTTPTheAdmissionFollowsFromTheServersOwnTime(t *testing.T) {
	lane, log := runAs(t, Run{Protocol: "http", Paths: []string{"/sleep?d=2s"}}, served(protocol.HTTP("x")))
	assert.Equal(t, timeline.Lane{Name: "conn0", Waited: 3 * time.Second, Served: 2 * time.Second}, lane)
	assert.Contains(t, log, "sending GET /sleep?d=2s")
	assert.Regexp(t, `received "200 OK" and \d+ bytes, served for 2s`, log)
}

func TestClientsRequestTheirPathsInTurn(t *testing.T) {
	r := Run{Protocol: "http", Paths: []string{"/a", "/b"}}
	assert.Equal(t, []string{"/a", "/b", "/a"}, []string{r.path(0), r.path(1), r.path(2)})
	assert.Equal(t, DefaultPaths[1], Run{Protocol: "http"}.path(1))
	assert.Equal(t, 5*time.Second, workOf("/sleep"))
	assert.Equal(t, 2*time.Second, workOf("/sleep?d=2s"))
	assert.Zero(t, workOf("/"))
}

func TestFaultsOverHTTPAreToldApart(t *testing.T) {
	reply := func(text string) func(io.ReadWriteCloser) {
		return func(conn io.ReadWriteCloser) {
			conn.Read(make([]byte, 1000))
			io.WriteString(conn, text)
			conn.Close()
		}
	}
	for want, serve := range map[string]func(io.ReadWriteCloser){
		`GET /: got "404 Not Found", want 200: no such page`:                             reply("HTTP/1.1 404 Not Found\r\nContent-Length: 13\r\nServer-Timing: serve;dur=1\r\n\r\nno such page\n"),
		`got "*", want a response: the server does not speak HTTP`:                       reply("*"),
		`got Server-Timing "", want serve;dur=MILLISECONDS in it`:                        reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
		"the page broke off after 3 bytes":                                               reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nServer-Timing: serve;dur=1\r\n\r\nabc"),
		"got '!' after the end, want nothing":                                            reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer-Timing: serve;dur=0\r\n\r\n!"),
		"the server hung up before its response: it is stopping, or does not speak HTTP": reply(""),
		"no response within 10s: the server has no time, or does not speak HTTP": func(conn io.ReadWriteCloser) {
			io.Copy(io.Discard, conn)
			conn.Close()
		},
	} {
		lane, _ := runAs(t, Run{Protocol: "http", Paths: []string{"/"}}, serve)
		assert.Equal(t, want, lane.Failure)
	}
}

func TestWordsAreAskedForOneAfterTheOther(t *testing.T) {
	table, err := protocol.LoadTable("")
	require.NoError(t, err)
	lane, log := runAs(t, Run{Protocol: "words", Words: []string{"light", "television", "light"}}, served(table.Converse))
	assert.Equal(t, timeline.Lane{Name: "conn0", Waited: 3 * time.Second, Served: 3 * time.Second}, lane)
	assert.Contains(t, log, `sending "television"`)
	assert.Contains(t, log, `received "0\n"`)
	assert.Equal(t, 2, table.Top(1)[0].Times)
}

func TestFaultsOfTheAnswersAboutWordsAreToldApart(t *testing.T) {
	reply := func(texts ...string) func(io.ReadWriteCloser) {
		return func(conn io.ReadWriteCloser) {
			for i, text := range texts {
				if i > 0 {
					conn.Read(make([]byte, 1000))
				}
				io.WriteString(conn, text)
			}
			conn.Close()
		}
	}
	for want, serve := range map[string]func(io.ReadWriteCloser){
		`greeted with "*\n", want "* N words": the server is no words server`:                reply("*\n"),
		`greeted with "*" and no more, want "* N words": the server is no words server`:      reply("*"),
		`"a": got "many", want a count`:                                                      reply("* 9 words\n", "many\n"),
		`"a": got 2, and before 1`:                                                           reply("* 9 words\n", "1\n", "2\n"),
		"the server hung up after 1 of 2 answers":                                            reply("* 9 words\n", "1\n"),
		"the server hung up before its greeting: it is stopping, or speaks another protocol": reply(),
	} {
		lane, _ := runAs(t, Run{Protocol: "words", Words: []string{"a", "a"}}, serve)
		assert.Equal(t, want, lane.Failure)
	}
}
