//go:build !linux

package server

import "syscall"

// keepAliveOnListener is not set: whether a connection inherits keepalive differs between these systems, so Go
// sets it on each.
var keepAliveOnListener func(network, address string, raw syscall.RawConn) error
