package client

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/console"
)

// maxResponse is the size of a response that the client takes, in bytes.
const maxResponse = 256 << 10

// get requests path and reads the page. HTTP has no greeting, so the client takes the moment of its admission from
// the time for which the server says that it has been serving it.
func get(path string) func(context.Context, *talk) error {
	return func(_ context.Context, t *talk) error {
		t.conn.SetDeadline(t.arrived.Add(t.patience))
		t.log.Info("sending GET " + path)
		if _, err := fmt.Fprintf(t.conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path); err != nil {
			return t.notServed(err, "response", "does not speak HTTP")
		}
		source := &bounded{r: t.conn, left: maxResponse, most: maxResponse}
		in := bufio.NewReader(source)
		if first, err := in.Peek(1); err != nil {
			return t.notServed(err, "response", "does not speak HTTP")
		} else if first[0] != 'H' {
			return fmt.Errorf("got %q, want a response: the server does not speak HTTP", first)
		}
		if err := t.response(path, in, source); err != nil {
			return err
		}
		if err := t.hangUp(); err != nil {
			return err
		}
		return nothingMore(in)
	}
}

// response reads the response to a request for path and notes the moment of admission.
func (t *talk) response(path string, in *bufio.Reader, source *bounded) error {
	response, err := http.ReadResponse(in, nil)
	received := time.Now()
	if err != nil {
		return broken(cmp.Or(source.err, err), fmt.Sprintf("no whole response within %s", console.Duration(t.patience)), "inside the header")
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusServiceUnavailable {
		return ErrRefused // nobody has served the client, so the response does not say for how long
	}
	served, err := servedFor(response)
	if err != nil {
		return err
	}
	t.admit(received.Add(-min(served, received.Sub(t.arrived))))
	body, err := io.ReadAll(response.Body)
	if err != nil {
		page := fmt.Sprintf("%d bytes of the page", len(body))
		return broken(cmp.Or(source.err, err), fmt.Sprintf("only %s within %s", page, console.Duration(t.patience)), "after "+page)
	}
	t.log.Info(fmt.Sprintf("received %.40q and %d bytes, served for %s", response.Status, len(body), console.Duration(served)))
	if response.StatusCode != http.StatusOK {
		_, title, _ := strings.Cut(string(body), "<title>") // it says what is wrong
		title, _, _ = strings.Cut(title, "</title>")
		return fmt.Errorf("GET %s: got %.40q, want 200: %.100q", path, response.Status, html.UnescapeString(title))
	}
	return nil
}

var serving = regexp.MustCompile(`(?:^|,)\s*serve;dur=([0-9]+(?:\.[0-9]+)?)`)

// servedFor returns how long the server says that it has been serving the request.
func servedFor(response *http.Response) (time.Duration, error) {
	header, ms := response.Header.Get("Server-Timing"), 0.0
	m := serving.FindStringSubmatch(header)
	if m != nil {
		ms, _ = strconv.ParseFloat(m[1], 64) // 0 for what is no number
	}
	if m == nil || ms > float64(time.Hour/time.Millisecond) {
		return 0, fmt.Errorf("got Server-Timing %.80q, want serve;dur=MILLISECONDS in it, and at most an hour", header)
	}
	return time.Duration(ms * float64(time.Millisecond)), nil
}

// workOf returns how long a server is busy with a request for path.
func workOf(path string) time.Duration {
	u, err := url.Parse(path)
	if err != nil || u.Path == "/" {
		return 0
	}
	if d, err := time.ParseDuration(u.Query().Get("d")); err == nil && d > 0 {
		return min(d, time.Minute)
	}
	return 5 * time.Second
}
