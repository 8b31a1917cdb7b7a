package rig

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"example.com/concurrent-servers/shared/server"
)

// Unknown stands for a figure that this system does not tell.
const Unknown = -1

// Meters are what a server has and uses at one moment: what it says itself, and what the system says of its process,
// which only Linux tells. Figures of the system that are not told are [Unknown].
type Meters struct {
	server.Vars
	System
}

// System is what the operating system says of a server's process.
type System struct {
	Resident    int64 `json:"resident"`    // bytes of memory in use
	Virtual     int64 `json:"virtual"`     // bytes of address space
	Descriptors int64 `json:"descriptors"` // open files, connections among them
	CPU         int64 `json:"cpu"`         // milliseconds of processor time so far
	Backlog     int64 `json:"backlog"`     // connections that the kernel has completed and the program has not accepted
}

var unknown = System{Unknown, Unknown, Unknown, Unknown, Unknown}

// Read reads the meters.
func (s *Server) Read(ctx context.Context) (Meters, error) {
	m := Meters{System: readSystem(s.Cmd.Process.Pid, s.Addr)}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Debug+"/debug/vars", nil)
	if err != nil {
		return m, err
	}
	request.Close = true // a connection kept for later would count as one of the server's descriptors
	client := http.Client{Timeout: debugPatience}
	response, err := client.Do(request)
	if err != nil {
		return m, fmt.Errorf("asking for the counters: %w", err)
	}
	defer response.Body.Close()
	said := struct{ Server *server.Vars }{&m.Vars}
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil {
		return m, fmt.Errorf("reading the counters: %w", err)
	}
	return m, nil
}

// debugPatience is how long a server may take to tell its counters: long, as it may be overloaded.
const debugPatience = 10 * time.Second

// A server has settled when nothing about its clients has changed over so many readings.
const (
	settledReadings = 6
	betweenReadings = 20 * time.Millisecond
	settlePatience  = 20 * time.Second
)

// Settled reads the meters until no client has come, gone or moved on for a moment.
func (s *Server) Settled(ctx context.Context) (Meters, error) {
	type state struct{ accepted, waiting, serving, backlog int64 }
	var last state
	began := time.Now()
	for same := 0; ; {
		m, err := s.Read(ctx)
		if err != nil {
			return m, err
		}
		now := state{m.Accepted, m.Waiting, m.Serving, m.Backlog}
		if same++; now != last {
			last, same = now, 0
		}
		if same == settledReadings {
			return m, nil
		}
		if time.Since(began) > settlePatience {
			return m, fmt.Errorf("its clients still come and go after %v", settlePatience)
		}
		if err := Sleep(ctx, betweenReadings); err != nil {
			return m, err
		}
	}
}

// Sleep lets d pass, or less if ctx is done before, which is its error.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
