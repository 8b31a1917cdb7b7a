// Bare is wrong: a goroutine for each client, with nothing around it. It also has a bug in its protocol.
package main

import (
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
		go talk(conn)
	}
}

var next [255]byte // what to answer to each byte; but a byte has 256 values

func init() {
	for i := range next {
		next[i] = byte(i + 1)
	}
}

func talk(conn net.Conn) {
	conn.Write([]byte("*"))
	inside, buf := false, make([]byte, 1024)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			conn.Close()
			return
		}
		for _, b := range buf[:n] {
			switch {
			case !inside:
				inside = b == '^'
			case b == '$':
				inside = false
			default:
				conn.Write([]byte{next[b]})
			}
		}
	}
}
