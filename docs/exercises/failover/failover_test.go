//go:build exercise

package failover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

const patience = 2 * time.Second

// A network has machines whose names say what they do.
type network struct {
	dialed []string
	mu     sync.Mutex
	open   map[string]bool // the connections that the client has not closed; guarded by mu
}

func (n *network) setOpen(machine string, open bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open[machine] = open
}

func (n *network) isOpen(machine string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open[machine]
}

func (n *network) dial(ctx context.Context, machine string) (net.Conn, error) {
	n.dialed = append(n.dialed, machine)
	if machine == "refuses" {
		return nil, syscall.ECONNREFUSED
	}
	if machine == "is gone" {
		select { // no packet comes back
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Hour):
			return nil, syscall.ETIMEDOUT
		}
	}
	client, server := net.Pipe()
	n.setOpen(machine, true)
	go func() {
		defer server.Close()
		server.SetDeadline(time.Now().Add(time.Hour)) // so that it ends
		switch machine {
		case "hangs up":
			return
		case "is busy":
			server.Write([]byte("!"))
		case "is late":
			time.Sleep(2 * patience)
			server.Write([]byte("*"))
		case "greets":
			time.Sleep(patience / 2)
			server.Write([]byte("*and goes on"))
		}
		_, err := io.Copy(io.Discard, server)
		n.setOpen(machine, err != nil) // the client has not closed it within an hour
	}()
	return client, nil
}

// run runs test in fake time, and lets all machines end.
func run(t *testing.T, test func(*testing.T)) {
	t.Helper()
	bubble.Run(t, "The caller of Dial waits for ever, for a machine that sends nothing.", func(t *testing.T) {
		defer time.Sleep(2 * time.Hour)
		test(t)
	})
}

// A result is what Dial has done.
type result struct {
	*network
	conn net.Conn
	err  error
	took time.Duration
}

func connect(ctx context.Context, machines ...string) result {
	n := &network{open: make(map[string]bool)}
	began := time.Now()
	conn, err := Dial(ctx, patience, machines, n.dial)
	took := time.Since(began)
	synctest.Wait()
	return result{n, conn, err, took}
}

func (r result) close() {
	if r.conn != nil {
		r.conn.Close()
	}
}

func TestNextMachineIsTried(t *testing.T) {
	for _, c := range []struct {
		machine string // the first of three
		took    time.Duration
	}{
		{"refuses", 0}, {"is busy", 0}, {"is silent", patience}, {"is late", patience}, {"is gone", patience},
	} {
		run(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			got := connect(ctx, c.machine, "greets", "another")
			defer got.close()
			if dialed := fmt.Sprint(got.dialed); dialed != fmt.Sprintf("[%s greets]", c.machine) {
				t.Fatalf("The first machine %s, and the second greets. The client dials %s. "+
					"It should dial these two and then stop.", c.machine, dialed)
			}
			if got.err != nil {
				t.Fatalf("The first machine %s, and the second greets. The client gets the error %v. "+
					"It should get a connection.", c.machine, got.err)
			}
			if want := c.took + patience/2; got.took != want {
				t.Fatalf("The first machine %s, and the second greets after 1s. The client gets its connection after %v. "+
					"It should be after %v; patience is %v.", c.machine, got.took, want, patience)
			}
			time.Sleep(2 * patience)
			synctest.Wait()
			if got.isOpen(c.machine) {
				t.Fatalf("The client talks to the second machine, and its connection to the first, which %s, is still open. "+
					"It should be closed.", c.machine)
			}
		})
	}
}

func TestConnectionIsTheCallersAlone(t *testing.T) {
	run(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		got := connect(ctx, "hangs up", "greets")
		defer got.close()
		cancel()
		if got.err != nil {
			t.Fatalf("The first machine hangs up, and the second greets. The client gets the error %v. "+
				"It should get a connection.", got.err)
		}
		time.Sleep(10 * patience)
		rest := make([]byte, 12)
		n, err := got.conn.Read(rest)
		if err != nil {
			t.Fatalf("The client reads from its connection a while after Dial, and gets the error %q. A deadline, "+
				"a timer or ctx still applies to it, or Dial has read more than the greeting.", err)
		}
		if string(rest[:n]) != "and goes on" {
			t.Fatalf("The machine sends \"*and goes on\". After Dial, the client reads %q. It should read \"and goes on\".", rest[:n])
		}
	})
}

func TestErrorNamesEachMachineAndItsReason(t *testing.T) {
	run(t, func(t *testing.T) {
		got := connect(t.Context(), "refuses", "hangs up", "is silent")
		defer got.close()
		if got.conn != nil || got.err == nil {
			t.Fatal("No machine greets, and the client gets a connection, or no error. It should get an error and nothing else.")
		}
		for _, machine := range []string{"refuses", "hangs up", "is silent"} {
			if !strings.Contains(got.err.Error(), machine) {
				t.Fatalf("No machine greets. The client gets the error %q, which does not name the machine %q.", got.err, machine)
			}
		}
		if !errors.Is(got.err, syscall.ECONNREFUSED) || !errors.Is(got.err, io.EOF) {
			t.Fatalf("No machine greets. The client gets the error %q. errors.Is should find in it the reasons of the "+
				"first two machines, ECONNREFUSED and EOF.", got.err)
		}
	})
	if conn, err := Dial(t.Context(), patience, nil, nil); conn != nil || err == nil {
		t.Fatal("There is no machine, and the client gets no error. Without a connection, it needs one.")
	}
}

func TestCallerGivesUp(t *testing.T) {
	for _, machine := range []string{"is silent", "is gone"} {
		run(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience/2)
			defer cancel()
			got := connect(ctx, machine, "greets")
			defer got.close()
			if got.took != patience/2 || got.err == nil {
				t.Fatalf("The machine %s, and the caller's context ends after %v. Dial returns after %v with the error %v. "+
					"It should return at once, with an error.", machine, patience/2, got.took, got.err)
			}
			if len(got.dialed) > 1 {
				t.Fatalf("The machine %s, and the caller's context ends. The client still dials the next machine.", machine)
			}
			if got.isOpen(machine) {
				t.Fatalf("The machine %s, and the caller's context ends. The client's connection is still open.", machine)
			}
		})
	}
}

// A last connection is greeted at the moment at which the caller of Dial gives up.
type last struct {
	net.Conn
	giveUp  func()
	greeted bool
}

func (l *last) Read(p []byte) (int, error) {
	if l.greeted {
		return l.Conn.Read(p)
	}
	l.greeted = true
	l.giveUp()
	return copy(p, "*"), nil
}

func TestCallerGivesUpWhenTheMachineGreets(t *testing.T) {
	run(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		client, server := net.Pipe()
		defer client.Close()
		go func() {
			defer server.Close()
			server.SetDeadline(time.Now().Add(time.Hour))
			server.Write([]byte("and goes on"))
		}()
		_, err := Dial(ctx, patience, []string{"greets"}, func(context.Context, string) (net.Conn, error) {
			return &last{Conn: client, giveUp: cancel}, nil
		})
		synctest.Wait()
		_, broken := client.Read(make([]byte, 1))
		if err == nil && broken != nil {
			t.Fatalf("The caller's context ends when the machine greets. The client gets a connection, and its first Read "+
				"returns %q. It should get an error instead.", broken)
		}
		if err != nil && broken == nil {
			t.Fatalf("The caller's context ends when the machine greets. The client gets the error %v, and its connection is still open.", err)
		}
	})
}
