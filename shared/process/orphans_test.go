//go:build linux || freebsd

package process

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACommandThatIsKilledTakesItsChildrenWithIt(t *testing.T) {
	next := hold(t)
	parent := self("spawns")
	require.NoError(t, parent.Start())
	child := next()
	assertAlive(t, child)
	require.NoError(t, parent.Process.Kill())
	parent.Wait()
	assertDead(t, child)
}

func TestCtrlCDoesNotReachAChild(t *testing.T) {
	next := hold(t)
	cmd := self("holds")
	ended, err := Spawn(cmd)
	require.NoError(t, err)
	child := next()
	group, err := syscall.Getpgid(cmd.Process.Pid)
	require.NoError(t, err)
	assert.Equal(t, cmd.Process.Pid, group)
	child.Close()
	<-ended
}
