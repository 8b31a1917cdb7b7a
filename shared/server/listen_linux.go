package server

import (
	"errors"
	"syscall"
)

// keepAliveOnListener sets keepalive on the listening socket; on Linux each accepted connection inherits it
// (tcp(7)). A peer that vanished without a word is noticed after 15 s of silence and nine probes 15 s apart,
// which are Go's own figures for a connection.
var keepAliveOnListener = func(_, _ string, raw syscall.RawConn) error {
	var errs []error
	err := raw.Control(func(fd uintptr) {
		errs = append(errs,
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, 15),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, 15),
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, 9))
	})
	return errors.Join(append(errs, err)...)
}
