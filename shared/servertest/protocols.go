package servertest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// protocolCases are about the conversations other than message: a strategy must not care what is said.
var protocolCases = []testCase{
	{"serves as many requests over HTTP at once as it promises",
		"A slow request makes others wait exactly as the strategy says, whatever the protocol.",
		sleepersOverHTTP},
	{"answers every request over HTTP as the RFCs demand, and hangs up",
		"An invalid request must cost one response, not the server.",
		badHTTP},
	{"answers half a request over HTTP when the client falls silent",
		"A client that stops in the middle must learn why its connection is closed.",
		halfARequest},
	{"lets go of clients that say nothing over HTTP",
		"Browsers open spare connections; each holds a place until it closes or is closed.",
		spareConnections},
	{"delivers the response although the client goes on sending",
		"To close a connection with unread bytes resets it, and the response on its way is lost.",
		bodyOverHTTP},
	{"gives a client that was answered half a second to hang up, and no more",
		"A client that keeps its connection open after the response would otherwise keep its place.",
		lingers},
	{"answers questions about words, and all clients share one tally",
		"Shared state is where concurrent conversations step on each other.",
		sharedTally},
}

func requestFor(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n" }

// status is the code of the response that the client has got, or 0 if there is none yet.
func (p *peer) status() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	response, err := http.ReadResponse(bufio.NewReader(strings.NewReader(string(p.got))), nil)
	if err != nil {
		return 0
	}
	return response.StatusCode
}

// request connects a client and sends a request, or whatever text is, without waiting for anybody to read it.
func (w *world) request(text string) *peer {
	p := w.connect()
	go io.WriteString(p, text) // ends with the connection
	synctest.Wait()
	return p
}

func sleepersOverHTTP(w *world) error {
	w.start(protocol.HTTP("test"))
	for range w.full() {
		w.request(requestFor("/sleep?d=5s"))
	}
	quick := w.request(requestFor("/"))
	if w.promise.Greeted == All {
		if quick.status() != http.StatusOK {
			return fmt.Errorf("a quick request beside %d sleeping ones is not answered at once", w.full())
		}
		return nil
	}
	sleep(5*time.Second - time.Millisecond)
	if quick.status() != 0 {
		return fmt.Errorf("with all places taken by sleeping requests another one is answered, want it to wait")
	}
	sleep(time.Millisecond)
	w.hangUp(w.full())
	if quick.status() != http.StatusOK {
		return fmt.Errorf("once the sleeping requests are answered, the next one is not")
	}
	return nil
}

// hangUp closes the first n clients that have got an end, as browsers do after a response.
func (w *world) hangUp(n int) {
	for _, p := range w.peers[:n] {
		if p.ended() != nil {
			p.Close()
		}
	}
	synctest.Wait()
}

func badHTTP(w *world) error {
	w.start(protocol.HTTP("test"))
	// with is a good request in which new stands for old.
	with := func(old, new string) string { return strings.Replace(requestFor("/"), old, new, 1) }
	for _, test := range []struct {
		text string
		want int
	}{
		{requestFor("/"), 200},
		{requestFor("http://localhost"), 200},
		{"\r\n" + requestFor("/"), 200},
		{with("GET", "HEAD"), 200},
		{with("GET /", "OPTIONS *"), 200},
		{with("1.1\r\nHost: localhost", "1.0"), 200},
		{requestFor("/nope"), 404},
		{with("GET", "POST"), 405},
		{requestFor("/sleep?d=-1s"), 400},
		{requestFor("/sleep?d=1000h"), 400},
		{"\r\n\r\n", 400},
		{"\x16\x03\x01\x00\xff\r\n\r\n", 400},
		{with("Host: localhost\r\n", ""), 400},
		{with("localhost", "a b"), 400},
		{with("Host", "Host: localhost\r\nHost"), 400},
		{with("Host:", "Host :"), 400},
		{with("Host", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nHost"), 400},
		{with("1.1", "2.0"), 505},
		{with("Host", "X: "+strings.Repeat("a", 1<<20)+"\r\nHost"), 431},
	} {
		p := w.request(test.text)
		if p.status() != test.want {
			return fmt.Errorf("%.40q is answered with status %d, want %d", test.text, p.status(), test.want)
		}
		if p.ended() != io.EOF {
			return fmt.Errorf("after the response to %.40q the server does not hang up: %v", test.text, p.ended())
		}
		p.Close()
		synctest.Wait()
	}
	slow := w.connect()
	for i, b := range strings.Split(requestFor("/"), "") {
		if i > 0 {
			sleep(time.Second)
		}
		if err := slow.send(b); err != nil {
			return err
		}
	}
	if slow.status() != http.StatusOK {
		return fmt.Errorf("a request that comes a byte at a time is not answered")
	}
	return nil
}

func halfARequest(w *world) error {
	w.start(protocol.HTTP("test"))
	p := w.request("GET / HTTP/1.1\r\nHost: loc")
	sleep(idleTimeout - time.Nanosecond)
	if p.status() != 0 {
		return fmt.Errorf("half a request is answered with status %d before the idle timeout", p.status())
	}
	sleep(time.Nanosecond)
	if p.status() != http.StatusRequestTimeout || p.ended() != io.EOF {
		return fmt.Errorf("half a request and then silence got status %d (%v), want 408 and the end", p.status(), p.ended())
	}
	return nil
}

func spareConnections(w *world) error {
	w.start(protocol.HTTP("test"))
	spare := w.connectMany(w.full())
	for _, p := range spare {
		p.Close()
	}
	synctest.Wait()
	if p := w.request(requestFor("/")); p.status() != http.StatusOK {
		return fmt.Errorf("after connections that said nothing and closed, a request is not answered")
	} else {
		p.Close()
	}
	w.connectMany(w.full())
	p := w.request(requestFor("/"))
	sleep(idleTimeout)
	if p.status() != http.StatusOK {
		return fmt.Errorf("connections that say nothing keep a request waiting for longer than the idle timeout")
	}
	return nil
}

func bodyOverHTTP(w *world) error {
	w.start(protocol.HTTP("test"))
	p := w.connect()
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(p, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"+strings.Repeat("x", 100_000))
		p.CloseWrite()
		sent <- err
	}()
	synctest.Wait()
	if p.status() != http.StatusOK || p.ended() != io.EOF {
		return fmt.Errorf("a client that sends a body got status %d (%v), want 200 and the end", p.status(), p.ended())
	}
	if err := <-sent; err != nil {
		return fmt.Errorf("the connection was closed while the client sent its body: %w", err)
	}
	return nil
}

func lingers(w *world) error {
	w.start(protocol.HTTP("test"))
	for range w.full() {
		if p := w.request(requestFor("/")); p.status() != http.StatusOK {
			return fmt.Errorf("a request is not answered")
		}
	}
	next := w.request(requestFor("/"))
	sleep(500*time.Millisecond - time.Nanosecond)
	if w.promise.Greeted != All && next.status() != 0 {
		return fmt.Errorf("a client that was answered had less than half a second to hang up")
	}
	sleep(time.Nanosecond)
	if next.status() != http.StatusOK {
		return fmt.Errorf("a client that was answered and does not hang up keeps its place")
	}
	began := time.Now()
	w.stop()
	<-w.ended
	if took := time.Since(began); took > 500*time.Millisecond || w.forced != 0 {
		return fmt.Errorf("with an answered client the server took %v to stop and closed %d by force, want none and half a second", took, w.forced)
	}
	return nil
}

func sharedTally(w *world) error {
	words, err := protocol.LoadTable("")
	if err != nil {
		return err
	}
	w.start(words.Converse)
	const clients, questions = 20, 5
	for range clients {
		p := w.connect()
		go func() {
			io.WriteString(p, strings.Repeat("light\n", questions))
			p.CloseWrite()
		}()
	}
	synctest.Wait()
	for i, p := range w.peers {
		if got := p.lines(); len(got) != 1+questions || p.ended() != io.EOF {
			return fmt.Errorf("%d questions of client %d are answered with %q (%v)", questions, i, got, p.ended())
		}
	}
	last := w.connect()
	if err := last.send("TOP 1\n"); err != nil {
		return err
	}
	if got, want := last.lines(), fmt.Sprintf("light %d", clients*questions); len(got) != 3 || got[1] != want {
		return fmt.Errorf("after %d questions for it, TOP 1 is answered with %q, want %q", clients*questions, got, want)
	}
	return nil
}

// lines are the whole lines that the client has got, greeting included.
func (p *peer) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := strings.Split(string(p.got), "\n")
	return lines[:len(lines)-1]
}
