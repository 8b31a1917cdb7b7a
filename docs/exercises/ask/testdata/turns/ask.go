// Package ask is wrong: it sends and reads in turns, so a server that answers at the end never gets to the end.
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
	if _, err := conn.Write([]byte("^")); err != nil {
		return nil, err
	}
	answer := make([]byte, len(message))
	for i := range message {
		if _, err := conn.Write(message[i : i+1]); err != nil {
			return nil, err
		}
		if _, err := conn.Read(answer[i : i+1]); err != nil {
			return nil, fmt.Errorf("got %d of %d bytes: %w", i, len(message), err)
		}
	}
	return answer, end(conn)
}

// end sends the end of the message and, if conn can do that, of the stream.
func end(conn net.Conn) error {
	if _, err := conn.Write([]byte("$")); err != nil {
		return err
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
