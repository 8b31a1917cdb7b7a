// Part 2 serves every client at once, in a goroutine each.
package main

import (
	"flag"
	"net"
	"runtime"
	"sync"

	"example.com/concurrent-servers/shared/server"
)

var osThreads = flag.Bool("os-threads", false, "give each client a thread of the operating system")

func main() { server.Main(serve) }

func serve(ln net.Listener, handle func(net.Conn)) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() { // nobody waits, and nothing bounds how many there are
			if *osThreads {
				runtime.LockOSThread() // the thread ends with the goroutine
			}
			handle(conn)
		})
	}
}
