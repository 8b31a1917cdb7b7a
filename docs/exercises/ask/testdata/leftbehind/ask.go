// Package ask is wrong: its goroutine goes on writing when the answer ends early.
package ask

import (
	"fmt"
	"io"
	"net"
)

// Ask reads the greeting, sends message, which contains no '$', and returns the answer, which is as
// long. It ends what it sends with CloseWrite if conn has that method. The caller closes conn. When
// Ask returns, none of its goroutines uses conn.
func Ask(conn net.Conn, message []byte) ([]byte, error) {
	greeting := make([]byte, 1)
	if _, err := io.ReadFull(conn, greeting); err != nil {
		return nil, fmt.Errorf("no greeting: %w", err)
	}
	if greeting[0] != '*' {
		return nil, fmt.Errorf("greeted with %q, want '*'", greeting)
	}
	sent := make(chan error, 1)
	go func() { sent <- send(conn, message) }()
	answer := make([]byte, len(message))
	if n, err := io.ReadFull(conn, answer); err != nil {
		return nil, fmt.Errorf("got %d of %d bytes: %w", n, len(message), err)
	}
	if err := <-sent; err != nil {
		return nil, err
	}
	return answer, nil
}

// send sends message and, if conn can do that, the end of the stream.
func send(conn net.Conn, message []byte) error {
	if _, err := fmt.Fprintf(conn, "^%s$", message); err != nil {
		return err
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
