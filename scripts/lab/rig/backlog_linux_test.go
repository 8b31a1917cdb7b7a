package rig

import (
	"net"
	"syscall"
)

// shrinkBacklog makes the listener's backlog as small as it can be.
func shrinkBacklog(ln net.Listener) bool {
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		return false
	}
	var listenErr error
	err = raw.Control(func(fd uintptr) { listenErr = syscall.Listen(int(fd), 0) })
	return err == nil && listenErr == nil
}
