//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// inOwnGroup makes cmd start in a process group of its own, with all that it will start.
func inOwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the process and all that it has started. The process must lead its group.
func killGroup(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

// awaitGroup waits until all that the process had started is gone, for a second at most: where no
// process reaps them, the dead stay.
func awaitGroup(p *os.Process) {
	for began := time.Now(); time.Since(began) < time.Second && syscall.Kill(-p.Pid, 0) == nil; {
		time.Sleep(time.Millisecond)
	}
}
