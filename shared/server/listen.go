package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// listen opens the listening socket. Its errors name the flag that would mend them.
func listen(addr, flag string) (net.Listener, error) {
	config := net.ListenConfig{Control: keepAliveOnListener}
	if keepAliveOnListener != nil {
		config.KeepAlive = -1 // else Go would set it again on each connection: four system calls a client
	}
	config.SetMultipathTCP(false)
	ln, err := config.Listen(context.Background(), "tcp", addr)
	if err == nil {
		return ln, nil
	}
	_, port, _ := net.SplitHostPort(addr)
	const windowsAddrInUse = syscall.Errno(10048)
	switch {
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, windowsAddrInUse):
		return nil, fmt.Errorf("port %s is in use: stop the program that uses it, or give another port with %s", port, flag)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("no permission to listen on port %s: give a port above 1023 with %s", port, flag)
	}
	return nil, fmt.Errorf("cannot listen on %s (%s): %v", addr, flag, cause(err))
}
