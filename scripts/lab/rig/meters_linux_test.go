package rig

import (
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProcIsReadAsItIsWritten(t *testing.T) {
	assert.Equal(t, int64(11780<<10), kilobytes([]byte("Name:\tx\nVmSize:\t 1234 kB\nVmRSS:\t   11780 kB\n"), "VmRSS:"))
	assert.Equal(t, int64(Unknown), kilobytes([]byte("Name:\tx\n"), "VmRSS:"))
	stat := "42 (a (strange) name) S 1 42 42 0 -1 4194560 600 0 0 0 15 7 0 0 20 0 8 0 100 1000 200 18446744073709551615"
	assert.Equal(t, int64(220), processorTime([]byte(stat)))
	assert.Equal(t, int64(Unknown), processorTime([]byte("42 (cut off")))
}

func TestTheBacklogIsWhoIsConnectedAndNotAccepted(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	for waiting := range 3 {
		assert.Equal(t, int64(waiting), backlog(ln.Addr().String()))
		conn, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
	}
	assert.Equal(t, int64(Unknown), backlog("no address"))
	assert.Equal(t, unknown, readSystem(-1, "no address"))
	assert.Greater(t, readSystem(os.Getpid(), ln.Addr().String()).Descriptors, int64(3))
}
