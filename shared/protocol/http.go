package protocol

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Of a request's first line and header together:
const (
	maxHeader  = 8 << 10
	headerTime = time.Minute
)

// HTTP returns the conversation that answers one HTTP/1.1 request (RFC 9112) in the name of server:
//
//	GET /              a page that says which server served it, and how long the client had waited
//	GET /sleep?d=5s    the same, after waiting for d: 5 s if not given, at most 60 s
//	GET /spin?d=100ms  the same, after what one processor computes in d: 100 ms if not given, at most 10 s
//
// Other parameters, a body and the Host are ignored. Another path is 404, another method 405, more than 8 KiB of header
// 431, a header that takes more than a minute 408, and what is no request, or asks for an impossible time, 400. HTTP has no greeting, so each response says in its Server-Timing header for how many milliseconds the
// server has been serving the client ("serve"), and how many the client had waited before that, after it was
// accepted ("wait"). The latter it knows only if rw has a method Waited() time.Duration, as the connections of
// package server have.
//
// A client that closes without a word, as browsers do with the spare connections that they open, is no error. After
// the response the client may still be sending: the caller should close its own direction, read until the client
// closes, and only then close the connection, as package server does, or the response may be lost.
func HTTP(server string) Conversation {
	return func(rw io.ReadWriter) error {
		r := response{Server: server, began: time.Now()}
		if w, ok := rw.(interface{ Waited() time.Duration }); ok {
			r.Waited = w.Waited().Round(100 * time.Microsecond) // as exact as anybody reads it
		}
		request, err := readRequest(rw)
		if err == io.EOF {
			return nil
		}
		var refused refusal
		if err == nil {
			r.Did, err = serve(request)
		}
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		return r.write(rw, request, refused)
	}
}

// refusal is why a request is answered with another status than 200; its zero value is no refusal.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

// readRequest returns the request, a refusal, io.EOF if the client said nothing, or the connection's error.
func readRequest(rw io.Reader) (*http.Request, error) {
	source := &headerSource{Reader: rw, late: time.Now().Add(headerTime)}
	limited := &io.LimitedReader{R: source, N: maxHeader}
	request, err := http.ReadRequest(bufio.NewReaderSize(limited, 1<<10))
	switch {
	case source.err == errTooSlow:
		return nil, refusal{http.StatusRequestTimeout, fmt.Sprintf("no whole header within %v", headerTime)}
	case source.err != nil:
		return nil, source.err
	case err == io.EOF && limited.N == maxHeader:
		return nil, io.EOF
	case err != nil && limited.N == 0:
		return nil, refusal{http.StatusRequestHeaderFieldsTooLarge, fmt.Sprintf("more than %d bytes of header", maxHeader)}
	case err != nil:
		return nil, refusal{http.StatusBadRequest, fmt.Sprintf("no HTTP request: %.100v", err)}
	case request.ProtoMajor != 1:
		return nil, refusal{http.StatusBadRequest, "want HTTP/1.1"}
	}
	return request, nil
}

// headerSource remembers why reading failed, which a parser may wrap or replace, and gives up on a client that
// sends its header too slowly: an idle timeout alone would let it go on for days, a byte at a time.
type headerSource struct {
	io.Reader
	late time.Time
	err  error
}

var errTooSlow = errors.New("header too slow")

func (s *headerSource) Read(p []byte) (int, error) {
	if time.Now().After(s.late) {
		s.err = errTooSlow
		return 0, s.err
	}
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// serve does what the request asks for and says what that was, or returns a refusal.
func serve(request *http.Request) (did string, err error) {
	work, ok := works[request.URL.Path]
	if !ok {
		return "", refusal{http.StatusNotFound, "want /, /sleep or /spin"}
	}
	if request.Method != http.MethodGet {
		return "", refusal{http.StatusMethodNotAllowed, "want GET"}
	}
	if work.do == nil {
		return "", nil
	}
	d := work.standard
	query, err := url.ParseQuery(request.URL.RawQuery)
	if err != nil {
		return "", refusal{http.StatusBadRequest, fmt.Sprintf("no query: %.100v", err)}
	}
	if text := query.Get("d"); text != "" {
		if d, err = time.ParseDuration(text); err != nil || d < 0 || d > work.longest {
			reason := fmt.Sprintf("d=%.40q: want a time from 0s to %v, for example %v", text, work.longest, work.standard)
			return "", refusal{http.StatusBadRequest, reason}
		}
	}
	work.do(d)
	return fmt.Sprintf("%s for %v", work.did, d), nil
}

// works are the paths, and what is done before the page is served.
var works = map[string]struct {
	did               string
	do                func(time.Duration)
	standard, longest time.Duration
}{
	"/":      {},
	"/sleep": {"slept", time.Sleep, 5 * time.Second, 60 * time.Second},
	"/spin":  {"computed", spin, 100 * time.Millisecond, 10 * time.Second},
}

// response is what the page shows.
type response struct {
	Server string
	Waited time.Duration // 0 if not known
	Did    string        // before serving the page; may be empty
	began  time.Time
}

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// write sends the page, or why there is none, with one write.
func (r response) write(w io.Writer, request *http.Request, refused refusal) error {
	var body bytes.Buffer
	status, contentType := refused.status, "text/plain; charset=utf-8"
	if status != 0 {
		fmt.Fprintln(&body, refused.reason)
	} else {
		status, contentType = http.StatusOK, "text/html; charset=utf-8"
		if err := page.Execute(&body, r); err != nil {
			return err
		}
	}
	header := http.Header{
		"Content-Type":  {contentType},
		"Cache-Control": {"no-store"},
		"Date":          {time.Now().UTC().Format(http.TimeFormat)},
		"Server-Timing": {fmt.Sprintf("wait;dur=%.3f, serve;dur=%.3f", ms(r.Waited), ms(time.Since(r.began)))},
	}
	if status == http.StatusMethodNotAllowed {
		header.Set("Allow", http.MethodGet)
	}
	var whole bytes.Buffer
	err := (&http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true, Request: request,
		Header: header, ContentLength: int64(body.Len()), Body: io.NopCloser(&body),
	}).Write(&whole)
	if err == nil {
		_, err = w.Write(whole.Bytes())
	}
	return err
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
