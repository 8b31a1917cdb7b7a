package client

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/console"
)

// get requests path and reads the page. HTTP has no greeting: when the client was admitted follows from how long
// the server says that it has been serving it.
func get(path string) func(context.Context, *talk) error {
	return func(_ context.Context, t *talk) error {
		t.conn.SetDeadline(t.arrived.Add(t.patience))
		t.log.Info("sending GET " + path)
		if _, err := fmt.Fprintf(t.conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path); err != nil {
			return responseError(err, t.patience)
		}
		in := bufio.NewReader(t.conn)
		if first, err := in.Peek(1); err != nil {
			return responseError(err, t.patience)
		} else if first[0] != 'H' {
			return fmt.Errorf("got %q, want a response: the server does not speak HTTP", first)
		}
		response, err := http.ReadResponse(in, nil)
		received := time.Now()
		if err != nil {
			return fmt.Errorf("got no whole response: %w", err)
		}
		defer response.Body.Close()
		served, err := servedFor(response)
		if err != nil {
			return err
		}
		t.admitted = received.Add(-served)
		if t.admitted.Before(t.arrived) {
			t.admitted = t.arrived
		}
		t.onAdmission()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			return fmt.Errorf("the page broke off after %d bytes", len(body))
		}
		t.log.Info(fmt.Sprintf("received %q and %d bytes, served for %s", response.Status, len(body), console.Duration(served)))
		if response.StatusCode != http.StatusOK {
			reason, _, _ := strings.Cut(string(body), "\n")
			return fmt.Errorf("GET %s: got %q, want 200: %s", path, response.Status, reason)
		}
		if err := t.hangUp(); err != nil {
			return err
		}
		return nothingMore(in)
	}
}

var serving = regexp.MustCompile(`(?:^|,)\s*serve;dur=([0-9.]+)`)

// servedFor is how long the server says that it has served the request.
func servedFor(response *http.Response) (time.Duration, error) {
	header := response.Header.Get("Server-Timing")
	m := serving.FindStringSubmatch(header)
	if m == nil {
		return 0, fmt.Errorf("got Server-Timing %q, want serve;dur=MILLISECONDS in it", header)
	}
	ms, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, fmt.Errorf("got Server-Timing %q, want a number of milliseconds", header)
	}
	return time.Duration(ms * float64(time.Millisecond)), nil
}

// workOf is how long a server is busy with a request for path.
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
