//go:build unix

package docs

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// asAnotherUser lets the command run as a user without the rights of root, and gives that user the folder place.
// Any user but root is one already.
func asAnotherUser(t *testing.T, command *exec.Cmd, place string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	require.NoError(t, exec.Command("chown", "-R", strconv.Itoa(nobody), place).Run())
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}
