//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// interruptible makes cmd and all that it starts get an interrupt when its context is done. The go
// command then removes its temporary folder. It does not pass the interrupt on to the tests, so they
// share a process group with it.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}
