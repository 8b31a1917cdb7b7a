//go:build !unix

package servertest

import (
	"testing"

	"example.com/concurrent-servers/shared/process"
)

func suspend(t *testing.T, _ *process.Server) {
	t.Skip("this system has no signal that suspends a process")
}
