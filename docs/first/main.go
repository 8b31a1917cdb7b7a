// First is a server in one file. It has faults that the next chapters fix.
package main

import (
	"io"
	"log"
	"net"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:9090")
	if err != nil {
		log.Fatal(err)
	}
	log.Print("listening on ", ln.Addr())
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		conn.Write([]byte("*"))
		inside, b := false, make([]byte, 1)
		for _, err = conn.Read(b); err == nil; _, err = conn.Read(b) {
			switch {
			case !inside:
				inside = b[0] == '^'
			case b[0] == '$':
				inside = false
			default:
				conn.Write([]byte{b[0] + 1})
			}
		}
		if err != io.EOF {
			log.Fatal(err)
		}
		conn.Close()
	}
}
