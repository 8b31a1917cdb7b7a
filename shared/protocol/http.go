package protocol

import (
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

// HTTP returns the conversation that answers one HTTP/1.1 request (RFC 9110, RFC 9112):
//
//	GET /              a page that names server and says how long the client waited
//	GET /sleep?d=5s    sleeps for d (default 5s, at most 60s) and sends the page
//	GET /spin?d=100ms  computes for d (default 100ms, at most 10s) and sends the page
//
// HEAD gets the same response without its body. "OPTIONS *" gets the page. Errors are pages, too:
// 400 for an invalid d or request (even to HEAD, if the request cannot be parsed), 404 for another
// path, 405 for another method, 408 for a header that still comes after a minute or stops until rw
// gives [os.ErrDeadlineExceeded], 431 for a header of more than 8 KiB, and 505 for another major
// version of HTTP. The conversation ignores other parameters and the request's body. A client that
// the server does not serve gets 503, with Retry-After, from [Busy].
//
// HTTP has no greeting, so the header Server-Timing of every response but 503 says how many milliseconds
// the server has served the client ("serve"), and how many the client waited between its acceptance
// and its service ("wait"). The wait is known if rw has a method Waited() time.Duration, and 0
// otherwise.
//
// A client that closes its side without a byte gets no response and is not an error: browsers open
// spare connections. After a response the client may still be sending. To keep the response from
// being lost, the caller must close its sending side and read until the client closes, before it
// closes the connection.
func HTTP(server string) Conversation {
	return func(rw io.ReadWriter) error {
		r := response{Server: server, Outcome: refusal{Status: http.StatusOK}, began: time.Now()}
		if w, ok := rw.(interface{ Waited() time.Duration }); ok {
			r.Waited = ms(w.Waited())
		}
		request, err := readRequest(rw)
		if err == nil {
			r.Did, err = serve(request)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && !errors.As(err, &r.Outcome):
			return err
		}
		return r.write(rw, request, http.Header{
			"Allow":         {methods},
			"Date":          {time.Now().UTC().Format(http.TimeFormat)},
			"Server-Timing": {fmt.Sprintf("wait;dur=%.3f, serve;dur=%.3f", r.Waited, ms(time.Since(r.began)))},
		})
	}
}

// serve does the work that the request asks for and says what it did, or returns a refusal.
func serve(request *http.Request) (did string, err error) {
	if request.RequestURI == "*" && request.Method == http.MethodOptions {
		return "", nil
	}
	work, ok := works[request.URL.Path]
	if !ok {
		return "", refusal{http.StatusNotFound, "want /, /sleep or /spin"}
	}
	if request.Method != http.MethodGet && request.Method != http.MethodHead {
		return "", refusal{http.StatusMethodNotAllowed, "want " + methods}
	}
	if work.do == nil {
		return "", nil
	}
	d := work.standard
	query, err := url.ParseQuery(request.URL.RawQuery)
	if err != nil {
		return "", badRequest("want a query such as ?d=%v: %.100v", d, err)
	}
	if text := query.Get("d"); text != "" {
		if d, err = time.ParseDuration(text); err != nil || d < 0 || d > work.longest {
			return "", badRequest("d=%.40q: want a time from 0s to %v, for example %v", text, work.longest, work.standard)
		}
	}
	work.do(d)
	return fmt.Sprintf("%s for %v", work.did, d), nil
}

const methods = "GET, HEAD"

// works are the paths, and the work before the page is sent.
var works = map[string]struct {
	did               string
	do                func(time.Duration)
	standard, longest time.Duration
}{
	"":       {}, // as in GET http://localhost HTTP/1.1
	"/":      {},
	"/sleep": {"slept", time.Sleep, 5 * time.Second, 60 * time.Second},
	"/spin":  {"computed", func(d time.Duration) { spin(d) }, 100 * time.Millisecond, 10 * time.Second},
}

// response is what the page shows.
type response struct {
	Server  string
	Waited  float64 // in milliseconds; 0 if not known
	Did     string  // before the page was sent; may be empty
	Outcome refusal // 200 without a reason if the request was served
	began   time.Time
}

// refusal is the status of a response to a request that is not served, and the reason, for a person
// to read.
type refusal struct {
	Status int
	Reason string
}

func (r refusal) Error() string { return r.Reason }

// Title is the status as HTTP names it, such as "404 Not Found".
func (r refusal) Title() string { return fmt.Sprint(r.Status, " ", http.StatusText(r.Status)) }

func badRequest(format string, args ...any) refusal {
	return refusal{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

//go:embed page.html
var pageSource string

var page = template.Must(template.New("page").Parse(pageSource))

// write sends the response in one write, with what every response has added to header. request is
// nil if it could not be parsed, or was not read.
func (r response) write(w io.Writer, request *http.Request, header http.Header) error {
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/html; charset=utf-8")
	var body, whole bytes.Buffer
	if err := page.Execute(&body, r); err != nil {
		return err
	}
	err := (&http.Response{
		StatusCode: r.Outcome.Status, ProtoMajor: 1, ProtoMinor: 1, Close: true, Request: request,
		ContentLength: int64(body.Len()), Body: io.NopCloser(&body), Header: header,
	}).Write(&whole)
	if err == nil {
		_, err = w.Write(whole.Bytes())
	}
	return err
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
