//go:build linux || freebsd

package process

import (
	"os/exec"
	"syscall"
)

// dieWithParent makes the kernel kill the process when the thread that started it ends. In a
// process group of its own the process gets no Ctrl-C from the terminal, so it cannot end before
// its parent has decided what that means.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
