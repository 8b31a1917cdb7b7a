//go:build !linux

package rig

import "net"

// shrinkBacklog would need another system call here.
func shrinkBacklog(net.Listener) bool { return false }
