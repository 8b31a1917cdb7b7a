//go:build !unix

package docs

import (
	"os/exec"
	"testing"
)

func asAnotherUser(t *testing.T, _ *exec.Cmd, _ string) {
	t.Skip("this system has no chmod that takes the right to write away")
}
