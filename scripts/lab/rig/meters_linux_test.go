package rig

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProcIsReadAsItIsWritten(t *testing.T) {
	stat := "42 (a (strange) name) S 1 42 42 0 -1 4194560 600 0 0 0 15 7 0 0 20 0 8 0 100 1000 200 18446744073709551615"
	assert.Equal(t, int64(220), processorTime([]byte(stat)))
	assert.Equal(t, int64(8), field([]byte(stat), 17), "threads")
	assert.Equal(t, int64(Unknown), processorTime([]byte("42 (cut off")))

	const info = "MemTotal: 1000 kB\nSlab:    300 kB\nSReclaimable: 7 kB\nKernelStack: 20 kB\nPageTables: 1 kB\n"
	assert.Equal(t, int64(321<<10), kernelMemory(info))
	assert.Equal(t, int64(Unknown), kernelMemory("Slab: many kB"))
	assert.Equal(t, int64(Unknown), kernelMemory("MemTotal: 1000 kB\n"))

	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2382 0100007F:9C40 01 00000000:00000009 00:00000000 00000000     0        0 1 1 0 20 4 30 10 -1
   1: 0100007F:2382 00000000:0000 0A 00000000:00000030 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
`
	assert.Equal(t, int64(48), backlog(strings.NewReader(table), "127.0.0.1:9090"), "of the socket that listens")
	assert.Equal(t, int64(Unknown), backlog(strings.NewReader(table), "127.0.0.1:9091"))
	assert.Equal(t, int64(Unknown), backlog(strings.NewReader(table), "no address"))
}

func TestTheSystemTellsOfAProcess(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	for waiting := range 3 {
		assert.Equal(t, int64(waiting), readSystem(os.Getpid(), ln.Addr().String()).Backlog)
		conn, err := net.Dial("tcp", ln.Addr().String())
		require.NoError(t, err)
		defer conn.Close()
	}
	assert.Equal(t, unknown, readSystem(-1, "no address"))
	assert.Positive(t, threads(os.Getpid()))
	assert.Zero(t, threads(-1))
	assert.Greater(t, KernelMemory(), int64(1<<20))
	s := readSystem(os.Getpid(), ln.Addr().String())
	assert.Greater(t, s.Descriptors, int64(3))
	assert.Greater(t, s.Resident, int64(1<<20))
	assert.Greater(t, s.Virtual, s.Resident)
}
