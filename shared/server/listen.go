package server

import (
	"fmt"
	"net"

	"example.com/concurrent-servers/shared/console"
)

// listen opens the listening socket. Its errors name the flag that would mend them.
func listen(addr, flag string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err == nil {
		return ln, nil
	}
	_, port, _ := net.SplitHostPort(addr)
	switch {
	case console.AddrInUse(err):
		return nil, fmt.Errorf("port %s is in use: stop the program that uses it, or give another port with %s", port, flag)
	case console.NoPermission(err):
		return nil, fmt.Errorf("no permission to listen on port %s: give a port above 1023 with %s", port, flag)
	}
	return nil, fmt.Errorf("cannot listen on %s (%s): %v", addr, flag, cause(err))
}
