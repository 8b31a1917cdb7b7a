// Package ask is a solution of the exercise.
package ask

import (
	"fmt"
	"io"
	"net"
	"time"
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
	said := make(chan error, 1)
	go func() { said <- say(conn, message) }()
	answer := make([]byte, len(message))
	if n, err := io.ReadFull(conn, answer); err != nil {
		conn.SetWriteDeadline(time.Now()) // who answers no more may not listen, either
		<-said
		return nil, fmt.Errorf("%d of %d bytes came: %w", n, len(message), err)
	}
	if err := <-said; err != nil {
		return nil, err
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
