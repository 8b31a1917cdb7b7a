package servertest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/server"
)

// The broken servers, each of which a case of the suite must reject.

// acceptsAll accepts everybody and serves two.
func acceptsAll(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	slots := make(chan struct{}, 2)
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			handle(conn)
		})
	}
}

// waitsForNobody bounds its clients and forgets them when it ends.
func waitsForNobody(ln net.Listener, handle func(net.Conn)) error {
	slots := make(chan struct{}, 2)
	for {
		slots <- struct{}{}
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer func() { <-slots }()
			handle(conn)
		}()
	}
}

// neverCloses hides the connections from the server's Close.
func neverCloses(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	return strategic(bounded(2))(ctx, openListener{ln}, talk)
}

type openListener struct{ net.Listener }

func (l openListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return openConn{conn}, nil
}

type openConn struct{ net.Conn }

func (openConn) Close() error { return nil }

// diesOnReset stops the whole server when a conversation ends with a reset.
func diesOnReset(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	ctx, die := context.WithCancel(ctx)
	defer die()
	return strategic(bounded(2))(ctx, ln, func(rw io.ReadWriter) error {
		err := talk(rw)
		if errors.Is(err, syscall.ECONNRESET) {
			die()
		}
		return err
	})
}

func byteByByte(rw io.ReadWriter) error { return protocol.Message(bytewise{rw}) }

type bytewise struct{ io.ReadWriter }

func (b bytewise) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := b.ReadWriter.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// converse is the message protocol with the reply to each read made by reply, and its error ending it.
func converse(rw io.ReadWriter, reply func([]byte) ([]byte, error)) error {
	buf := make([]byte, 1024)
	buf[0] = protocol.Greeting
	if _, err := rw.Write(buf[:1]); err != nil {
		return err
	}
	for {
		n, err := rw.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		answer, err := reply(buf[:n])
		if err != nil {
			return err
		}
		if len(answer) > 0 {
			if _, err := rw.Write(answer); err != nil {
				return err
			}
		}
	}
}

func forgetful(rw io.ReadWriter) error {
	return converse(rw, func(p []byte) ([]byte, error) {
		var d protocol.Decoder
		return d.Reply(p), nil
	})
}

func fearsLastByte(rw io.ReadWriter) error {
	var d protocol.Decoder
	return converse(rw, func(p []byte) ([]byte, error) {
		for _, b := range p {
			if b == 255 {
				return nil, errors.New("byte must be in range(0, 256)")
			}
		}
		return d.Reply(p), nil
	})
}

func sharesState() protocol.Conversation {
	var mu sync.Mutex
	var d protocol.Decoder
	return func(rw io.ReadWriter) error {
		return converse(rw, func(p []byte) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			return d.Reply(p), nil
		})
	}
}

// dropsAtEnd answers a read only when the next one has come.
func dropsAtEnd(rw io.ReadWriter) error {
	var d protocol.Decoder
	var held []byte
	return converse(rw, func(p []byte) ([]byte, error) {
		now := held
		held = append([]byte(nil), d.Reply(p)...)
		return now, nil
	})
}

// curt answers good requests only.
func curt(rw io.ReadWriter) error {
	if _, err := http.ReadRequest(bufio.NewReader(rw)); err != nil {
		return err
	}
	_, err := io.WriteString(rw, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	return err
}

func ownTally(rw io.ReadWriter) error {
	words, err := protocol.LoadTable("")
	if err != nil {
		return err
	}
	return words.Converse(rw)
}

// late gives its slot back a second after the client has left.
func late(ln net.Listener, handle func(net.Conn)) error {
	return bounded(2)(ln, func(conn net.Conn) {
		handle(conn)
		time.Sleep(time.Second)
	})
}

// forgetsTheTenth never serves the tenth client.
func forgetsTheTenth(ln net.Listener, handle func(net.Conn)) error {
	var n atomic.Int64
	return bounded(2)(ln, func(conn net.Conn) {
		if n.Add(1) != 10 {
			handle(conn)
		}
	})
}

func drainsAlways(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	forced, err = strategic(bounded(2))(ctx, ln, talk)
	time.Sleep(drain)
	return forced, err
}

func servesTheQueue(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	acceptsAll(ln, func(conn net.Conn) {
		defer conn.Close()
		talk(conn)
	})
	return 0, nil
}

// bare serves without package server and so has nothing of what is in there. After an error of Accept it calls
// pause and tries again, or ends if that is nil; a conversation that panics ends it.
func bare(pause func()) serveFunc {
	return func(ctx context.Context, ln net.Listener, talk protocol.Conversation) (forced int, err error) {
		defer context.AfterFunc(ctx, func() { ln.Close() })()
		var clients sync.WaitGroup
		defer clients.Wait()
		for {
			conn, err := ln.Accept()
			if errors.Is(err, net.ErrClosed) || err != nil && pause == nil {
				ln.Close()
				return 0, nil
			}
			if err != nil {
				pause()
				continue
			}
			clients.Go(func() {
				defer conn.Close()
				defer func() {
					if recover() != nil { // as the end of the process would
						ln.Close()
					}
				}()
				talk(conn)
			})
		}
	}
}

// saysAndCloses refuses a client without reading what it sends.
func saysAndCloses(conn net.Conn, words string) {
	io.WriteString(conn, words)
	conn.Close()
}

// closesLate is a connection that takes its time to close.
type closesLate struct{ net.Conn }

func (c closesLate) Close() error {
	time.AfterFunc(time.Second, func() { c.Conn.Close() })
	return nil
}

// refusesSuccessors serves n clients and refuses all that come to their places.
func refusesSuccessors(n, q int) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error {
		var served atomic.Int64
		return refusing(n, q, server.Refuse)(ln, func(conn net.Conn) {
			if served.Add(1) > int64(n) {
				server.Refuse(conn)
				return
			}
			handle(conn)
		})
	}
}

// lingersAtStop gives each refused client its half second although the server stops.
func lingersAtStop(n, q int) server.Strategy {
	return func(ln net.Listener, handle func(net.Conn)) error {
		var refused sync.WaitGroup
		defer refused.Wait()
		return refusing(n, q, func(conn net.Conn) {
			server.Refuse(conn)
			refused.Go(func() { time.Sleep(500 * time.Millisecond) })
		})(ln, handle)
	}
}
