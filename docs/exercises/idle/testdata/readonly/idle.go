// Package idle is wrong: it does not limit how long a client may take to read.
package idle

import (
	"io"
	"net"
	"time"
)

// Serve sends back whatever arrives until the client hangs up, which is not an error. If the client
// sends nothing, or does not read what it is sent, for as long as idle, Serve returns an error.
// Serve closes conn.
func Serve(conn net.Conn, idle time.Duration) error {
	defer conn.Close()
	buf := make([]byte, 512)
	for {
		conn.SetReadDeadline(time.Now().Add(idle)) // for the client to send something
		n, err := conn.Read(buf)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := conn.Write(buf[:n]); err != nil {
			return err
		}
	}
}
