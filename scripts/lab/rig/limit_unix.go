//go:build unix

package rig

import "syscall"

// DescriptorLimit returns how many files and connections a process of this user may have open, or
// [Unknown]. Go programs raise their own limit as far as they may.
func DescriptorLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return Unknown
	}
	return int(limit.Cur)
}

// StackLimit returns how many bytes of address space the stack of a thread gets by default
// (ulimit -s), or [Unknown].
func StackLimit() int64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_STACK, &limit); err != nil || limit.Cur > 1<<40 {
		return Unknown
	}
	return int64(limit.Cur)
}
