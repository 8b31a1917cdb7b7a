package rig

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"example.com/concurrent-servers/shared/process"
)

// A Spam is what threads took that slept 50 ms in a loop.
type Spam struct {
	Threads int     // as many as the system allowed
	Space   int64   // bytes of address space for them, or [Unknown]
	Wakes   int     // of all of them
	CPU     float64 // seconds of processor time for the wakes
	Lasted  float64 // seconds in which they were counted; more than was wanted on a busy machine
}

// Spam runs [CSpammer] with so many threads for the time d. When ctx is done it ends the program.
func (s *Servers) Spam(ctx context.Context, threads int, d time.Duration) (spam Spam, err error) {
	command, err := s.Command(ctx, CSpammer)
	if err != nil {
		return spam, err
	}
	var out bytes.Buffer
	cmd := exec.Command(command[0], strconv.Itoa(threads), fmt.Sprint(d.Seconds()))
	cmd.Stdout, cmd.Stderr = &out, &out
	exited, err := process.Spawn(cmd)
	if err != nil {
		return spam, err
	}
	select {
	case <-exited:
	case <-ctx.Done():
		cmd.Process.Kill() // an error says that it has ended already
		<-exited
		return spam, context.Cause(ctx)
	}
	_, err = fmt.Sscanf(out.String(), "%d threads, %d bytes of address space, %d wakes, %g s of processor time in %g s",
		&spam.Threads, &spam.Space, &spam.Wakes, &spam.CPU, &spam.Lasted)
	if err != nil {
		return spam, fmt.Errorf("%s: %v, after saying %q", CSpammer, cmd.ProcessState, out.String())
	}
	return spam, nil
}
