//go:build !linux

package rig

// readSystem has no /proc to read here.
func readSystem(int, string) System { return unknown }

func threads(int) uint64 { return 0 }

func told(int, string, ...string) int64 { return Unknown }

// KernelMemory returns [Unknown]: only Linux tells it.
func KernelMemory() int64 { return Unknown }
