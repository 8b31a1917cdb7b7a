//go:build exercise

package drain

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/shared/memnet"
)

const (
	stop  = time.Hour // when the server is told to
	grace = 10 * time.Second
)

var drains = []struct {
	name   string
	leave  []time.Duration // when the clients hang up
	late   time.Duration   // how long handle needs after the end of its connection
	took   time.Duration   // from the stop until Serve returns
	cut    int             // conversations that the server ends
	forced int
}{
	{"nobody is there", nil, 0, 0, 0, 0},
	{"all have left before", []time.Duration{stop / 2, stop / 3}, 0, 0, 0, 0},
	{"one ends within grace", []time.Duration{stop / 2, stop + grace/2}, 0, grace / 2, 0, 0},
	{"one does not end", []time.Duration{10 * stop}, 0, grace, 1, 1},
	{"two of four do not end", []time.Duration{stop / 2, stop + grace/2, 10 * stop, 20 * stop}, 0, grace, 2, 2},
	{"handle is slow to end", []time.Duration{10 * stop}, 3 * time.Second, grace + 3*time.Second, 1, 1},
}

func TestConversationsMayEndWithinGrace(t *testing.T) {
	for _, d := range drains {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), stop)
				defer cancel()
				ln := memnet.Listen()
				for _, leaves := range d.leave {
					client := ln.Dial()
					time.AfterFunc(leaves, func() { client.Close() })
				}
				ends := make(chan error, 10)                    // of the conversations
				time.AfterFunc(100*stop, func() { ln.Close() }) // whatever Serve does, it ends
				began := time.Now()
				forced, err := Serve(ctx, grace, ln, func(conn net.Conn) {
					_, err := conn.Read(make([]byte, 1))
					time.Sleep(d.late)
					conn.Close()
					ends <- err
				})
				assert.NoError(t, err)
				assert.Equal(t, stop+d.took, time.Since(began), "when Serve returned; the stop comes at %v", stop)
				assert.Equal(t, d.forced, forced, "how many it says that it has closed by force")
				assert.Equal(t, len(d.leave), len(ends), "how many conversations had ended when Serve returned")
				cut := 0
				for range d.leave {
					if <-ends != io.EOF { // the client had not hung up
						cut++
					}
				}
				assert.Equal(t, d.cut, cut, "how many it has closed by force")
			})
		})
	}
}

func TestTheListenerIsClosedAtTheStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer time.Sleep(stop) // what Serve has left behind ends meanwhile
		ctx, cancel := context.WithTimeout(t.Context(), stop)
		defer cancel()
		ln := memnet.Listen()
		client := ln.Dial()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			Serve(ctx, grace, ln, func(conn net.Conn) {
				conn.Read(make([]byte, 1))
				conn.Close()
			})
		}()
		time.Sleep(stop + grace/2)
		late := ln.Dial()
		late.SetReadDeadline(time.Now().Add(time.Second))
		_, err := late.Read(make([]byte, 1))
		assert.ErrorIs(t, err, syscall.ECONNRESET, "the listener is still open to a client that comes while the server drains")
		ln.Close()
		late.Close()
		client.Close()
		<-ended
	})
}

func TestAListenerThatFailsIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		ln := memnet.Listen()
		ctx, cancel := context.WithTimeout(t.Context(), stop) // if Serve tries again
		defer cancel()
		time.AfterFunc(time.Second, func() { ln.Fail(broken) })
		forced, err := Serve(ctx, grace, ln, func(conn net.Conn) {})
		assert.ErrorIs(t, err, broken)
		assert.Zero(t, forced)
	})
}
