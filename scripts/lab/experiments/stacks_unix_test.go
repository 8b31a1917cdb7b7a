//go:build unix

package experiments

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallStacks gives the threads of programs that the test starts stacks of 1 MiB. It reports whether it could.
func smallStacks(t *testing.T) bool {
	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_STACK, &was))
	small := was
	small.Cur = 1 << 20
	t.Cleanup(func() { syscall.Setrlimit(syscall.RLIMIT_STACK, &was) })
	return syscall.Setrlimit(syscall.RLIMIT_STACK, &small) == nil
}
