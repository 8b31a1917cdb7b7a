//go:build !unix

package rig

// DescriptorLimit returns how many files and connections a process of this user may have open, or
// [Unknown].
func DescriptorLimit() int { return Unknown }
