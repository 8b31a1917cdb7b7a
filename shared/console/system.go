package console

import (
	"errors"
	"slices"
	"syscall"
)

// What Windows says has numbers of its own, which package syscall does not map to the names below.
const (
	windowsNoPermission  = syscall.Errno(10013)
	windowsTooManyFiles  = syscall.Errno(10024)
	windowsAddrInUse     = syscall.Errno(10048)
	windowsAddrNotAvail  = syscall.Errno(10049)
	windowsNoBufferSpace = syscall.Errno(10055)
	windowsRefused       = syscall.Errno(10061)
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

// Exhausted reports whether err says that this process or this machine has no descriptor, port or memory left for
// another connection. err must come from connecting.
func Exhausted(err error) bool {
	return slices.ContainsFunc(shortages, func(shortage error) bool { return errors.Is(err, shortage) })
}

// Windows says that an address is in use when all ports are.
var shortages = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.EADDRNOTAVAIL,
	windowsTooManyFiles, windowsAddrInUse, windowsAddrNotAvail, windowsNoBufferSpace,
}
