//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// inOwnGroup does nothing: this system cannot kill a process together with what it has started.
func inOwnGroup(*exec.Cmd) {}

// killGroup kills the process only.
func killGroup(p *os.Process) error { return p.Kill() }

// awaitGroup does nothing: this system has no process groups.
func awaitGroup(*os.Process) {}
