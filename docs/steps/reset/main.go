// Reset connects to a server and resets the connection, as a client does that crashes.
package main

import (
	"log"
	"net"
)

func main() {
	conn, err := net.Dial("tcp", "127.0.0.1:9090")
	if err != nil {
		log.Fatal(err)
	}
	conn.Read(make([]byte, 1))       // the greeting: the server talks to us
	conn.(*net.TCPConn).SetLinger(0) // Close then resets instead of ending the stream
	conn.Close()
}
