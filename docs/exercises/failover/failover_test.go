//go:build exercise

package failover

import (
	"context"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

const patience = 2 * time.Second

// A network has machines that are named for what they do.
type network struct {
	dialled []string
	mu      sync.Mutex
	open    map[string]bool // the connections that the client has not closed; guarded by mu
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
	n.dialled = append(n.dialled, machine)
	if machine == "refuses" {
		return nil, syscall.ECONNREFUSED
	}
	if machine == "is gone" {
		select { // nobody answers
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
		server.SetDeadline(time.Now().Add(time.Hour)) // whatever the client does, it ends
		switch machine {
		case "hangs up":
			return
		case "is busy":
			server.Write([]byte("!"))
		case "is late":
			time.Sleep(2 * patience)
			server.Write([]byte("*"))
		case "admits":
			time.Sleep(patience / 2)
			server.Write([]byte("*and goes on"))
		}
		_, err := io.Copy(io.Discard, server)
		n.setOpen(machine, err != nil) // it has not closed it, within an hour
	}()
	return client, nil
}

// bubble runs test in fake time, and gives the machines the time to end whatever Dial has left open.
func bubble(t *testing.T, test func(*testing.T)) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(2 * time.Hour)
		test(t)
	})
}

// result is what Dial has come to.
type result struct {
	conn net.Conn
	err  error
	took time.Duration
}

func connect(ctx context.Context, machines ...string) (*network, result) {
	n := &network{open: make(map[string]bool)}
	began := time.Now()
	conn, err := Dial(ctx, patience, machines, n.dial)
	took := time.Since(began)
	synctest.Wait()
	return n, result{conn, err, took}
}

func TestTheNextMachineIsTried(t *testing.T) {
	for machine, costs := range map[string]time.Duration{
		"refuses": 0, "is busy": 0, "is silent": patience, "is late": patience, "is gone": patience,
	} {
		t.Run(machine, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				n, got := connect(ctx, machine, "admits", "another")
				assert.NoError(t, got.err)
				assert.Equal(t, []string{machine, "admits"}, n.dialled, "who was dialled")
				assert.Equal(t, costs+patience/2, got.took, "how long it took, of which %v to be admitted", patience/2)
				time.Sleep(2 * patience)
				synctest.Wait()
				assert.False(t, n.isOpen(machine), "the connection to the machine that %s is still open", machine)
				if got.conn != nil {
					got.conn.Close()
				}
			})
		})
	}
}

func TestTheConnectionIsTheCallersAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		_, got := connect(ctx, "hangs up", "admits")
		cancel()
		if !assert.NoError(t, got.err) {
			return
		}
		defer got.conn.Close()
		time.Sleep(10 * patience)
		rest := make([]byte, 12)
		n, err := got.conn.Read(rest)
		assert.NoError(t, err, "ctx, a deadline or a timer has ended the connection after Dial had returned it")
		assert.Equal(t, "and goes on", string(rest[:n]), "what the server says after its greeting")
	})
}

func TestIfAllFailTheErrorSaysWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n, got := connect(t.Context(), "refuses", "hangs up", "is silent")
		assert.Nil(t, got.conn)
		assert.ErrorIs(t, got.err, syscall.ECONNREFUSED, "the reason of the first machine")
		assert.ErrorIs(t, got.err, io.EOF, "the reason of the second")
		for _, machine := range n.dialled {
			assert.ErrorContains(t, got.err, machine, "a machine is not named")
		}
		assert.Len(t, n.dialled, 3, "who was dialled")
		if got.conn != nil {
			got.conn.Close()
		}
	})
	conn, err := Dial(t.Context(), patience, nil, nil)
	assert.Nil(t, conn)
	assert.Error(t, err, "without a machine, there is no connection, and that is an error")
}

func TestWhoIsCancelledDoesNotWait(t *testing.T) {
	for _, machine := range []string{"is silent", "is gone"} {
		t.Run(machine, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), patience/2)
				defer cancel()
				n, got := connect(ctx, machine, "admits")
				assert.Error(t, got.err)
				assert.Equal(t, patience/2, got.took, "when Dial returned; ctx is done at %v", patience/2)
				assert.Equal(t, []string{machine}, n.dialled, "who was dialled: nobody should be when ctx is done")
				assert.False(t, n.isOpen(machine), "the connection to the machine that %s is still open", machine)
				if got.conn != nil {
					got.conn.Close()
				}
			})
		})
	}
}
