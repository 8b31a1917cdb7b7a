//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// inOwnGroup makes cmd start in a process group of its own, with all that it will start.
func inOwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the process and all that it has started. The process must lead its group.
func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
