package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"

	"example.com/concurrent-servers/shared/process"
)

// An Idle is what one process takes that holds a client who says nothing, in bytes.
type Idle struct {
	Resident   int64 // memory in use
	Private    int64 // of that, what no other process uses
	PageTables int64 // memory that the kernel uses to know where the process has its own
}

// idleProcesses is how many processes of a program run at once, so that what they share is not the memory of one.
const idleProcesses = 3

// Idle starts some processes of a program that serves the client at its standard input, with a client for each, and
// returns what one of them takes. Where the system doesn't tell that, Idle starts none, and all figures are [Unknown].
func (s *Servers) Idle(ctx context.Context, program string) (Idle, error) {
	if KernelMemory() == Unknown {
		return Idle{Unknown, Unknown, Unknown}, nil
	}
	command, err := s.Command(ctx, program)
	if err != nil {
		return Idle{}, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Idle{}, err
	}
	defer ln.Close()
	pid := 0
	for range idleProcesses {
		started, end, err := idle(ctx, ln, command)
		if err != nil {
			return Idle{}, fmt.Errorf("%s: %w", program, err)
		}
		defer end()
		pid = started
	}
	return Idle{readSystem(pid, "").Resident, told(pid, "smaps_rollup", "Private_Clean:", "Private_Dirty:"), told(pid, "status", "VmPTE:")}, ctx.Err()
}

// greetingPatience is how long a process may take to greet its client on a machine that is busy.
const greetingPatience = time.Minute

// idle connects a client, and starts the command that serves it. It returns when the client has been greeted. The
// caller ends both with end.
func idle(ctx context.Context, ln net.Listener, command []string) (pid int, end func(), err error) {
	client, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		return 0, nil, err
	}
	stop := context.AfterFunc(ctx, func() { client.Close() })
	hangUp := func() { stop(); client.Close() }
	serve := exec.Command(command[0], command[1:]...)
	exited, err := spawnFor(ln, serve)
	if err != nil {
		hangUp()
		return 0, nil, err
	}
	end = func() { // the process ends because its client has gone
		hangUp()
		<-exited
	}
	client.SetReadDeadline(time.Now().Add(greetingPatience))
	if _, err := client.Read(make([]byte, 1)); err != nil {
		end()
		return 0, nil, errors.Join(err, context.Cause(ctx))
	}
	return serve.Process.Pid, end, nil
}

// spawnFor starts a command that has the next client of ln as its standard input and output.
func spawnFor(ln net.Listener, serve *exec.Cmd) (exited <-chan struct{}, err error) {
	conn, err := ln.Accept()
	if err != nil {
		return nil, err
	}
	defer conn.Close() // the process has its own
	file, err := conn.(*net.TCPConn).File()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	serve.Stdin, serve.Stdout = file, file
	return process.Spawn(serve)
}
