// Inetd is a program that serves one client, as inetd starts one for each connection: the connection is its standard
// input and output. It speaks the message protocol, and ends when the client sends no more.
//
// It doesn't use package protocol, which also brings net/http: initialising that takes longer than all the rest.
package main

import "os"

func main() {
	os.Stdout.WriteString("*")
	buf, open := make([]byte, 512), false
	for {
		n, err := os.Stdin.Read(buf)
		if err != nil {
			return
		}
		replies := buf[:0]
		for _, b := range buf[:n] {
			switch {
			case !open:
				open = b == '^'
			case b == '$':
				open = false
			default:
				replies = append(replies, b+1)
			}
		}
		os.Stdout.Write(replies)
	}
}
