//go:build !unix

package servertest

import (
	"testing"

	"example.com/concurrent-servers/shared/process"
)

func (p program) fullLog(t *testing.T) {
	t.Skip("this system has no named pipes in its file system, and no stop signal")
}

func suspend(t *testing.T, _ *process.Server) {
	t.Skip("this system has no signal that suspends a process")
}
