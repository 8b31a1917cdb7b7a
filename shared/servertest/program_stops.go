package servertest

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// longDrain is a drain that no test waits for to pass.
const longDrain = "1h"

func (p program) signals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send a child a stop signal; POST /stop is tested instead")
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(fmt.Sprintf("%v with no client there", signal), func(t *testing.T) {
			s := p.start(t, "-drain", longDrain)
			neighbour(t, s.Addr)
			s.Cmd.Process.Signal(signal)
			exits(t, s, 0)
		})
		t.Run(fmt.Sprintf("%v, and a conversation ends within the drain", signal), func(t *testing.T) {
			s := p.start(t, "-drain", longDrain)
			conn := greeted1(t, s.Addr, "^ab")
			s.Cmd.Process.Signal(signal)
			waitLog(t, s, "stopping: 1 conversation may end within 1h0m0s")
			hangsUp(t, conn, "c$", "bcd")
			exits(t, s, 0)
		})
	}
	t.Run("conversations that never end are closed", func(t *testing.T) {
		s := p.start(t, "-drain", "50ms")
		greeted1(t, s.Addr, "")
		s.Cmd.Process.Signal(os.Interrupt)
		exits(t, s, 1)
	})
	t.Run("a second signal ends it at once", func(t *testing.T) {
		s := p.start(t, "-drain", longDrain)
		greeted1(t, s.Addr, "")
		s.Cmd.Process.Signal(os.Interrupt)
		waitLog(t, s, "stopping")
		s.Cmd.Process.Signal(syscall.SIGTERM)
		exits(t, s, 130)
	})
	t.Run("a server that was started with SIGHUP ignored, as by nohup, ignores it", func(t *testing.T) {
		s := p.shell(t, `trap "" HUP && `+p.exec()+`-addr 127.0.0.1:0 -debug 127.0.0.1:0 -drain `+longDrain)
		conn := greeted1(t, s.Addr, "^ab")
		s.Cmd.Process.Signal(syscall.SIGHUP)
		s.Cmd.Process.Signal(syscall.SIGTERM) // it would be the second signal, and end the server at once
		waitLog(t, s, "stopping")
		hangsUp(t, conn, "c$", "bcd")
		exits(t, s, 0)
	})
	t.Run("goes on after it was suspended", func(t *testing.T) {
		s := p.start(t)
		conn := greeted1(t, s.Addr, "^ab")
		suspend(t, s)
		hangsUp(t, conn, "c$", "bcd")
	})
}

// goneReader takes the reader of the log away, as Ctrl-C does with tee in "server 2>&1 | tee log".
func (p program) goneReader(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send a child a stop signal")
	}
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	s := p.into(t, reader, writer, "-drain", longDrain)
	require.NoError(t, reader.Close())
	neighbour(t, s.addr)
	conn := greeted1(t, s.addr, "^ab")
	s.cmd.Process.Signal(syscall.SIGTERM)
	refuses(t, s.addr)
	hangsUp(t, conn, "c$", "bcd")
	s.exits(t, 0)
}

// closedStreams starts the server without standard input, output and error. Then nothing tells where it listens, so
// this takes a port that has just been free.
func (p program) closedStreams(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the shell that closes the streams is not on Windows")
	}
	for range 10 {
		addr := freeAddress(t)
		s := p.spawn(t, nil, "/bin/sh", "-c", p.exec()+`-drain `+longDrain+` -addr `+addr+` 0<&- 1>&- 2>&-`, p.path)
		if !s.listens(t, addr) {
			continue // another program has taken the port
		}
		for range 3 {
			neighbour(t, addr) // which gets its greeting and its reply, and no line of log
		}
		conn := greeted1(t, addr, "^ab")
		s.cmd.Process.Signal(syscall.SIGHUP)
		refuses(t, addr)
		hangsUp(t, conn, "c$", "bcd")
		s.exits(t, 0)
		return
	}
	require.FailNow(t, "ten ports in a row were taken by others")
}
