package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"html"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// request has one client send a request and returns the response with its body.
func request(t require.TestingT, sent io.Reader) (*http.Response, string) {
	w := &wire{Reader: sent}
	require.NoError(t, HTTP("part9-test")(w))
	require.Len(t, w.writes, 1, "one write for a response")
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(w.writes[0])), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func get(path string) io.Reader {
	return strings.NewReader("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

func TestThePageSaysWhoServedIt(t *testing.T) {
	response, body := request(t, get("/"))
	assert.Equal(t, 200, response.StatusCode)
	assert.True(t, response.Close)
	assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	_, err := http.ParseTime(response.Header.Get("Date"))
	assert.NoError(t, err)
	assert.Contains(t, body, "Served by part9-test")
	assert.Contains(t, body, `href="/sleep?d=5s"`)
	assert.Contains(t, body, `(responseStart - requestStart).toFixed(1)`, "the wait that the program can't see")
	assert.NotContains(t, body, "then the server")
	assert.NotContains(t, body, "http://", "the page is self-contained")
	assert.Contains(t, body, `<link rel="icon" href="data:,">`, "or a browser asks for /favicon.ico")
	assert.Regexp(t, `^wait;dur=0.000, serve;dur=\d+\.\d{3}$`, response.Header.Get("Server-Timing"))
}

type patient struct{ *wire }

func (patient) Waited() time.Duration { return 1500 * time.Millisecond }

func TestThePageSaysHowLongTheClientWaitedIfTheConnectionKnows(t *testing.T) {
	w := &wire{Reader: get("/")}
	require.NoError(t, HTTP("x")(patient{w}))
	assert.Contains(t, w.writes[0], "<dd>   1500.0&nbsp;ms</dd>")
	assert.Contains(t, w.writes[0], "wait;dur=1500.000")
}

// ab and other tools take a page of another length for a failed request.
func TestThePageHasTheSameLengthHoweverLongTheClientWaited(t *testing.T) {
	r := response{Server: "x", Outcome: refusal{Status: 200}}
	length := func(waited time.Duration) int {
		var body bytes.Buffer
		r.Waited = ms(waited)
		require.NoError(t, page.Execute(&body, r))
		return body.Len()
	}
	for _, waited := range []time.Duration{time.Nanosecond, time.Millisecond, 10 * time.Second, time.Hour} {
		assert.Equal(t, length(0), length(waited), waited)
	}
}

func TestSleepTakesAsLongAsItIsAskedTo(t *testing.T) {
	for path, want := range map[string]time.Duration{
		"/sleep": 5 * time.Second, "/sleep?d=60s": time.Minute, "/sleep?d=0s": 0, "/sleep?d=": 5 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			response, body := request(t, get(path))
			assert.Equal(t, 200, response.StatusCode)
			assert.Equal(t, want, time.Since(began), path)
			assert.Contains(t, body, "<dd>slept for "+want.String()+"</dd>")
		})
	}
}

func TestSpinComputesAndDoesNotSleep(t *testing.T) {
	measured := 0
	setRate(t, func() float64 { measured++; return 1000 })
	for path, want := range map[string]string{"/spin": "100ms", "/spin?d=10s": "10s", "/spin?d=5ms": "5ms"} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			response, body := request(t, get(path))
			assert.Equal(t, 200, response.StatusCode)
			assert.Zero(t, time.Since(began))
			assert.Contains(t, body, "<dd>computed for "+want+"</dd>")
		})
	}
	assert.Equal(t, 3, measured, "each spin looks up how much it has to compute")
}

func TestBadRequestsAreAnsweredWithAPageThatSaysWhatIsWrong(t *testing.T) {
	setRate(t, func() float64 { return 1 }) // whatever is computed by mistake takes no time
	const host = " HTTP/1.1\r\nHost: localhost\r\n"
	for _, test := range []struct {
		sent   string
		status int
		reason string
	}{
		{"GET /nope" + host + "\r\n", 404, "want /, /sleep or /spin"},
		{"GET *" + host + "\r\n", 404, "want /, /sleep or /spin"},
		{"POST /" + host + "Content-Length: 4\r\n\r\nbody", 405, "want GET, HEAD"},
		{"OPTIONS /" + host + "\r\n", 405, "want GET, HEAD"},
		{"CONNECT localhost:80" + host + "\r\n", 405, "want GET, HEAD"},
		{"GET /sleep?d=-1s" + host + "\r\n", 400, `d="-1s": want a time from 0s to 1m0s, for example 5s`},
		{"GET /sleep?d=60001ms" + host + "\r\n", 400, "want a time from 0s to 1m0s"},
		{"GET /sleep?d=1000h" + host + "\r\n", 400, "want a time from 0s to 1m0s"},
		{"GET /sleep?d=soon" + host + "\r\n", 400, "want a time from 0s to 1m0s"},
		{"GET /spin?d=11s" + host + "\r\n", 400, "want a time from 0s to 10s, for example 100ms"},
		{"GET /sleep?d=<b>" + host + "\r\n", 400, `d="<b>"`},
		{"GET /sleep?d=1s;x" + host + "\r\n", 400, "want a query such as ?d=5s: invalid semicolon"},
		{"\r\n\r\n", 400, "not a valid HTTP request"},
		{"\r\n", 400, "not a valid HTTP request"},
		{"hello\r\n\r\n", 400, "not a valid HTTP request"},
		{"GET /", 400, "not a valid HTTP request"},
		{"GET / HTTP/1.1\r\nHost: localhost\r\n", 400, "not a valid HTTP request"},
		{"\x00\xff\x16\x03\x01\r\n\r\n", 400, "not a valid HTTP request"},
		{strings.Repeat("\x01", 8000) + "\r\n\r\n", 400, "not a valid HTTP request"},
		{"GET / HTTP/1.1\r\n\r\n", 400, "no Host in the header"},
		{"GET http://localhost/ HTTP/1.1\r\n\r\n", 400, "no Host in the header"},
		{"GET /" + host + "Host: localhost\r\n\r\n", 400, "too many Host headers"},
		{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, `Host "a b": want a name or an address`},
		{"GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", 400, `Host "a/b": want a name or an address`},
		{"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, `header "Host ": want no space before the colon`},
		{"GET /" + host + "X : y\r\n\r\n", 400, `header "X ": want no space before the colon`},
		{"GET /" + host + "Content-Length: 4\r\nContent-Length: 5\r\n\r\n", 400, "not a valid HTTP request"},
		{"GET /" + host + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "want one of them at most"},
		{"GET /" + host + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400, "want one of them at most"},
		{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n", 400, "want one of them at most"},
		{"GET / HTTP/2.0\r\n\r\n", 505, "want HTTP/1.1"},
		{"GET / HTTP/0.9\r\nHost: localhost\r\n\r\n", 505, "want HTTP/1.1"},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "want HTTP/1.1"},
		{"GET /" + host + "X: " + strings.Repeat("a", maxHeader) + "\r\n\r\n", 431, "more than 8192 bytes of header"},
		{"GET /" + strings.Repeat("a", 1<<20), 431, "more than 8192 bytes of header"},
	} {
		check := func(t *testing.T, sent io.Reader) {
			response, body := request(t, sent)
			assert.Equal(t, test.status, response.StatusCode, "%.60q", test.sent)
			assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
			assert.Equal(t, "GET, HEAD", response.Header.Get("Allow"))
			assert.Contains(t, body, "<h1>"+response.Status+"</h1>")
			assert.Contains(t, html.UnescapeString(body), test.reason, "%.60q", test.sent)
			assert.NotContains(t, body, "<b>", "what the client sent is quoted")
			assert.Contains(t, body, `<link rel="icon" href="data:,">`)
		}
		synctest.Test(t, func(t *testing.T) { check(t, strings.NewReader(test.sent)) })
		synctest.Test(t, func(t *testing.T) { check(t, iotest.OneByteReader(strings.NewReader(test.sent))) })
	}
}

// trickle gives a byte a second.
type trickle struct{ io.Reader }

func (s trickle) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return s.Reader.Read(p[:1])
}

// padded is a whole request whose header has n bytes.
func padded(n int) io.Reader {
	const start, end = "GET / HTTP/1.1\r\nHost: x\r\nX: ", "\r\n\r\n"
	return strings.NewReader(start + strings.Repeat("a", n-len(start)-len(end)) + end)
}

func TestAHeaderMayTakeAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		response, _ := request(t, trickle{padded(61)}) // the server still reads at 60 s
		assert.Equal(t, 200, response.StatusCode)
		response, _ = request(t, trickle{padded(62)})
		assert.Equal(t, 408, response.StatusCode)
	})
}

// stalls gives what Reader has, and then the error of a connection on which nothing came for too long.
func stalls(sent string) io.Reader {
	silence := &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	return io.MultiReader(strings.NewReader(sent), iotest.ErrReader(silence))
}

func TestHalfAHeaderAndThenSilenceIsAnswered(t *testing.T) {
	for _, sent := range []string{"G", "\r", "GET / HTTP/1.1\r\nHost: loc"} {
		response, body := request(t, stalls(sent))
		assert.Equal(t, 408, response.StatusCode, "%q", sent)
		assert.Contains(t, body, "the rest of the header did not come in time")
	}
	w := &wire{Reader: stalls("")}
	assert.ErrorIs(t, HTTP("x")(w), os.ErrDeadlineExceeded, "a client that never said anything is not owed a response")
	assert.Empty(t, w.writes)
}

func TestTheTimeServedDoesNotIncludeTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{Reader: get("/sleep?d=2s")}
		require.NoError(t, HTTP("x")(patient{w}))
		assert.Contains(t, w.writes[0], "wait;dur=1500.000, serve;dur=2000.000")
	})
}

func TestHEADGetsTheHeaderOfGET(t *testing.T) {
	const rest = " HTTP/1.1\r\nHost: localhost\r\n"
	for _, path := range []string{"/" + rest, "/sleep?d=0s" + rest, "/nope" + rest, "/ HTTP/1.1\r\nX: y\r\n"} {
		got, _ := request(t, strings.NewReader("GET "+path+"\r\n"))
		w := &wire{Reader: strings.NewReader("HEAD " + path + "\r\n")}
		require.NoError(t, HTTP("part9-test")(w))
		head, err := http.ReadResponse(bufio.NewReader(strings.NewReader(w.writes[0])), &http.Request{Method: "HEAD"})
		require.NoError(t, err)
		assert.Equal(t, got.Status, head.Status)
		assert.Equal(t, got.ContentLength, head.ContentLength)
		assert.Positive(t, head.ContentLength)
		assert.True(t, strings.HasSuffix(w.writes[0], "\r\n\r\n"), "no body")
	}
}

func TestGoodRequestsAreAnsweredHoweverTheyCome(t *testing.T) {
	for name, sent := range map[string]io.Reader{
		"byte by byte":              iotest.OneByteReader(get("/")),
		"HTTP/1.0":                  strings.NewReader("GET / HTTP/1.0\r\n\r\n"),
		"HTTP/1.2":                  strings.NewReader("GET / HTTP/1.2\r\nHost: x\r\n\r\n"),
		"with a body":               strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"),
		"with chunks":               strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
		"with a body that lies":     strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\nHost: y\r\nX : z\r\n\r\n"),
		"as to a proxy":             strings.NewReader("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"absolute, without a path":  strings.NewReader("GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"OPTIONS *":                 strings.NewReader("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"after an empty line":       io.MultiReader(strings.NewReader("\r\n"), get("/")),
		"slowly, after one":         iotest.OneByteReader(io.MultiReader(strings.NewReader("\r\n"), get("/"))),
		"as much as fits":           padded(maxHeader),
		"as much as fits, bytewise": iotest.OneByteReader(padded(maxHeader)),
	} {
		response, body := request(t, sent)
		assert.Equal(t, 200, response.StatusCode, name)
		assert.Contains(t, body, "Served by part9-test", name)
	}
	response, _ := request(t, padded(maxHeader+1))
	assert.Equal(t, 431, response.StatusCode)
}

func TestHostIsANameOrAnAddressAndPerhapsAPort(t *testing.T) {
	for host, want := range map[string]int{
		"localhost": 200, "localhost:9090": 200, "127.0.0.1:9090": 200, "[::1]": 200, "[::1]:9090": 200, "": 200, "a_b.example.": 200,
		"x%41": 200, "localhost:": 200,
		"a b": 400, "a/b": 400, "a?b": 400, "a#b": 400, "me@localhost": 400, "a:b": 400, "a:1:2": 400, "[::1": 400, "[::1]x": 400,
		"<b>": 400, "ä": 400, "a,\tb": 400,
	} {
		response, _ := request(t, strings.NewReader("GET / HTTP/1.1\r\nHost: "+host+"\r\n\r\n"))
		assert.Equal(t, want, response.StatusCode, "%q", host)
	}
}

func TestAClientThatSaysNothingIsOwedNothing(t *testing.T) {
	w := &wire{Reader: strings.NewReader("")}
	assert.NoError(t, HTTP("x")(w))
	assert.Empty(t, w.writes)
}

func TestHTTPReturnsTheErrorsOfItsConnection(t *testing.T) {
	broken := errors.New("reset")
	w := &wire{Reader: io.MultiReader(strings.NewReader("GET / HT"), iotest.ErrReader(broken))}
	assert.ErrorIs(t, HTTP("x")(w), broken)
	assert.Empty(t, w.writes)
	assert.ErrorIs(t, HTTP("x")(&wire{Reader: get("/"), err: broken}), broken)
}

// counted counts how often it is read from.
type counted struct {
	io.Reader
	reads int
}

func (c *counted) Read(p []byte) (int, error) {
	c.reads++
	return c.Reader.Read(p)
}

func TestAConnectionThatFailedIsNotReadAgain(t *testing.T) {
	in := &counted{Reader: stalls("")}
	HTTP("x")(&wire{Reader: in})
	assert.Equal(t, 1, in.reads)
	for _, sent := range []string{"\r", "\r\n", "GET /", "GET / HTTP/1.1\r\nHost: x\r\n"} {
		in := &counted{Reader: stalls(sent)}
		HTTP("x")(&wire{Reader: in})
		assert.Equal(t, 2, in.reads, "%q", sent)
	}
}

func FuzzHTTP(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	f.Add([]byte("GET /sleep?d=0s HTTP/1.1\r\nHost: x\r\n\r\n"))
	f.Add([]byte("POST /spin HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			if bytes.Contains(sent, []byte("spin")) || bytes.Contains(sent, []byte("%")) {
				return // however it is written: computing lasts for ever in fake time
			}
			w := &wire{Reader: bytes.NewReader(sent)}
			require.NoError(t, HTTP("x")(w))
			if len(sent) > 0 {
				response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.Join(w.writes, ""))), nil)
				require.NoError(t, err)
				assert.Contains(t, []int{200, 400, 404, 405, 431, 505}, response.StatusCode)
			}
		})
	})
}
