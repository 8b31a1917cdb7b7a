package console

import (
	"errors"
	"syscall"
)

// What Windows says has numbers of its own, which package syscall does not map to the names below.
const (
	windowsNoPermission = syscall.Errno(10013)
	windowsAddrInUse    = syscall.Errno(10048)
	windowsRefused      = syscall.Errno(10061)
)

// AddrInUse reports whether err says that another socket has the address.
func AddrInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsAddrInUse)
}

// NoPermission reports whether err says that this user may not do that.
func NoPermission(err error) bool {
	return errors.Is(err, syscall.EACCES) || errors.Is(err, windowsNoPermission)
}

// Refused reports whether err says that no program listens at the address.
func Refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windowsRefused)
}
