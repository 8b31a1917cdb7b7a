package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
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
	assert.NotContains(t, body, "http://", "the page is self-contained")
	assert.Regexp(t, `^wait;dur=0.000, serve;dur=\d+\.\d{3}$`, response.Header.Get("Server-Timing"))
}

type patient struct{ *wire }

func (patient) Waited() time.Duration { return 1500 * time.Millisecond }

func TestThePageSaysHowLongTheClientWaitedIfTheConnectionKnows(t *testing.T) {
	w := &wire{Reader: get("/")}
	require.NoError(t, HTTP("x")(patient{w}))
	assert.Contains(t, w.writes[0], "<dd>1.5s</dd>")
	assert.Contains(t, w.writes[0], "wait;dur=1500.000")
}

func TestSleepAndSpinTakeAsLongAsTheyAreAskedTo(t *testing.T) {
	for path, want := range map[string]time.Duration{
		"/sleep": 5 * time.Second, "/sleep?d=60s": time.Minute, "/sleep?d=0s": 0, "/sleep?d=": 5 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			response, body := request(t, get(path))
			assert.Equal(t, 200, response.StatusCode)
			assert.Equal(t, want, time.Since(began), path)
			assert.Contains(t, body, "slept for")
		})
	}
	response, body := request(t, get("/spin?d=5ms"))
	assert.Equal(t, 200, response.StatusCode)
	assert.Contains(t, body, "computed for 5ms")
}

func TestBadRequestsAreAnsweredWithWhatIsWrong(t *testing.T) {
	const host = " HTTP/1.1\r\nHost: localhost\r\n"
	for _, test := range []struct {
		sent   string
		status int
		reason string
	}{
		{"GET /nope" + host + "\r\n", 404, "want /, /sleep or /spin"},
		{"POST /" + host + "Content-Length: 4\r\n\r\nbody", 405, "want GET"},
		{"GET /sleep?d=-1s" + host + "\r\n", 400, "want a time from 0s to 1m0s"},
		{"GET /sleep?d=1000h" + host + "\r\n", 400, "want a time from 0s to 1m0s"},
		{"GET /sleep?d=soon" + host + "\r\n", 400, "want a time from 0s to 1m0s"},
		{"GET /spin?d=11s" + host + "\r\n", 400, "want a time from 0s to 10s"},
		{"\r\n\r\n", 400, "no HTTP request"},
		{"hello\r\n\r\n", 400, "no HTTP request"},
		{"GET /", 400, "no HTTP request"},
		{"\x00\xff\x16\x03\x01\r\n\r\n", 400, "no HTTP request"},
		{"GET /sleep?d=1s;x" + host + "\r\n", 400, "no query"},
		{strings.Repeat("\x01", 8000) + "\r\n\r\n", 400, "no HTTP request"},
		{"PRI * HTTP/2.0\r\n\r\n", 400, "want HTTP/1.1"},
		{"GET /" + host + "X: " + strings.Repeat("a", maxHeader) + "\r\n\r\n", 431, "more than 8192 bytes of header"},
		{"GET /" + strings.Repeat("a", 1<<20), 431, "more than 8192 bytes of header"},
	} {
		for _, sent := range []io.Reader{strings.NewReader(test.sent), iotest.OneByteReader(strings.NewReader(test.sent))} {
			response, body := request(t, sent)
			assert.Equal(t, test.status, response.StatusCode, "%.60q", test.sent)
			assert.Contains(t, body, test.reason, "%.60q", test.sent)
		}
	}
}

func TestAWrongMethodIsToldTheRightOne(t *testing.T) {
	response, _ := request(t, strings.NewReader("PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	assert.Equal(t, "GET", response.Header.Get("Allow"))
}

// trickle gives a byte a second.
type trickle struct{ io.Reader }

func (s trickle) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return s.Reader.Read(p[:1])
}

func TestAHeaderMayTakeAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		response, _ := request(t, trickle{get("/")})
		assert.Equal(t, 200, response.StatusCode)
		response, _ = request(t, trickle{get("/" + strings.Repeat("a", 100))})
		assert.Equal(t, 408, response.StatusCode)
	})
}

func TestTheTimeServedDoesNotIncludeTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{Reader: get("/sleep?d=2s")}
		require.NoError(t, HTTP("x")(patient{w}))
		assert.Contains(t, w.writes[0], "wait;dur=1500.000, serve;dur=2000.000")
	})
}

func TestTheResponseToHEADHasNoBody(t *testing.T) {
	w := &wire{Reader: strings.NewReader("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")}
	require.NoError(t, HTTP("x")(w))
	assert.True(t, strings.HasPrefix(w.writes[0], "HTTP/1.1 405 "))
	assert.True(t, strings.HasSuffix(w.writes[0], "\r\n\r\n"))
}

func TestGoodRequestsAreAnsweredHoweverTheyCome(t *testing.T) {
	for name, sent := range map[string]io.Reader{
		"byte by byte":   iotest.OneByteReader(get("/")),
		"HTTP/1.0":       strings.NewReader("GET / HTTP/1.0\r\n\r\n"),
		"with a body":    strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"),
		"as to a proxy":  strings.NewReader("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"8 KiB and less": strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", maxHeader-40) + "\r\n\r\n"),
	} {
		response, _ := request(t, sent)
		assert.Equal(t, 200, response.StatusCode, name)
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
				assert.Contains(t, []int{200, 400, 404, 405, 408, 431}, response.StatusCode)
			}
		})
	})
}
