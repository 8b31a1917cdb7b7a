//go:build !unix

package rig

// DescriptorLimit returns how many files and connections a process of this user may have open, or
// [Unknown].
func DescriptorLimit() int { return Unknown }

// StackLimit returns how many bytes of address space the stack of a thread gets by default, or
// [Unknown].
func StackLimit() int64 { return Unknown }
