// Package ask is an exercise: see README.md.
package ask

import (
	"fmt"
	"io"
	"net"
)

// Ask waits for the greeting, sends message, which holds no '$', and returns the answer, which is as long. If the
// connection can close its sending direction alone (CloseWrite), that is how Ask ends what it says. When Ask has
// returned, nobody reads from conn or writes to it any more. The caller closes it.
func Ask(conn net.Conn, message []byte) ([]byte, error) {
	greeting := make([]byte, 1)
	if _, err := io.ReadFull(conn, greeting); err != nil {
		return nil, fmt.Errorf("no greeting: %w", err)
	}
	if greeting[0] != '*' {
		return nil, fmt.Errorf("greeted with %q, want '*'", greeting)
	}
	if err := say(conn, message); err != nil { // who takes the answer in the meantime?
		return nil, err
	}
	answer := make([]byte, len(message))
	n, err := io.ReadFull(conn, answer)
	if err != nil {
		return nil, fmt.Errorf("%d of %d bytes came: %w", n, len(message), err)
	}
	return answer, nil
}

// say sends message and, where that is possible, the end of the stream.
func say(conn net.Conn, message []byte) error {
	if _, err := fmt.Fprintf(conn, "^%s$", message); err != nil {
		return err
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
