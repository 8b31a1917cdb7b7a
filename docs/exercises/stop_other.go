//go:build !unix

package main

import "os/exec"

// interruptible does nothing: this system can only kill cmd when its context is done.
func interruptible(*exec.Cmd) {}
