package rig

import (
	"context"
	"fmt"
	"time"

	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/server"
)

// Unknown stands for a figure that this system does not tell.
const Unknown = -1

// Meters are what a server has and uses at one moment: its own counters, and what the system says
// about its process.
type Meters struct {
	server.Vars
	System
}

// System is what the operating system says about a server's process. Only Linux says it; elsewhere
// all figures are [Unknown].
type System struct {
	Resident    int64 // bytes of memory in use
	Virtual     int64 // bytes of address space
	Descriptors int64 // open files, which include connections
	CPU         int64 // milliseconds of processor time so far
	Backlog     int64 // connections that the kernel has completed and the program has not accepted
}

var unknown = System{Unknown, Unknown, Unknown, Unknown, Unknown}

// System reads what the system says. It does not need the server's help, so it tells at once also under load.
func (s *Server) System() System { return readSystem(s.Cmd.Process.Pid, s.Addr) }

// Read reads the meters. It leaves out the counters of a server that has none, but not its threads: they are 0 only if
// the system does not tell them.
func (s *Server) Read(ctx context.Context) (Meters, error) {
	var m Meters
	var err error
	if s.Debug != "" {
		m.Vars, err = s.Vars(ctx) // the first time that takes memory of the server, so the system is asked later
	} else {
		m.Threads = threads(s.Cmd.Process.Pid)
	}
	m.System = s.System()
	return m, err
}

// A server has settled when nothing about its clients has changed over so many readings.
const (
	settledReadings = 6
	betweenReadings = 20 * time.Millisecond
	settlePatience  = 20 * time.Second
)

// Settled reads the meters until no client has come, gone or moved on for a moment, and returns the
// last reading.
func (s *Server) Settled(ctx context.Context) (Meters, error) {
	type state struct{ accepted, waiting, serving, backlog, descriptors int64 }
	var last state
	began := time.Now()
	for same := 0; ; {
		m, err := s.Read(ctx)
		if err != nil {
			return m, err
		}
		now := state{m.Accepted, m.Waiting, m.Serving, m.Backlog, m.Descriptors}
		if same++; now != last {
			last, same = now, 0
		}
		if same == settledReadings {
			return m, nil
		}
		if time.Since(began) > settlePatience {
			return m, fmt.Errorf("its clients still come and go after %v", settlePatience)
		}
		if err := client.Sleep(ctx, betweenReadings); err != nil {
			return m, err
		}
	}
}
