package rig

import (
	"errors"
	"net"
	"sync"
)

// Serve runs a server of an experiment's own, for what no part should do. It calls handle for one
// client after the other, and closes the connection when handle returns. It calls use with the
// server's address, and ends the server when use returns.
func Serve(handle func(net.Conn), use func(addr string) error) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			handle(conn)
			conn.Close()
		}
	})
	err = use(ln.Addr().String())
	closeErr := ln.Close()
	serving.Wait()
	return errors.Join(err, closeErr)
}
