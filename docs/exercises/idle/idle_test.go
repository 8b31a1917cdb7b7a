//go:build exercise

package idle

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const idle = time.Minute

// serve has a client talk to Serve and returns how long it was served, an hour at most, and how that ended.
func serve(t *testing.T, client func(*testing.T, net.Conn)) (took time.Duration, err error) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		began := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- Serve(there, idle) }()
		time.AfterFunc(time.Hour, func() { there.Close() })
		client(t, here)
		err = <-ended
		took = time.Since(began)
		assert.Error(t, there.SetDeadline(time.Time{}), "Serve has returned, and not closed the connection")
	})
	return took, err
}

func say(t *testing.T, conn net.Conn) {
	_, err := conn.Write([]byte("a"))
	require.NoError(t, err, "Serve has hung up on a client that was not idle")
}

func hear(t *testing.T, conn net.Conn) {
	_, err := conn.Read(make([]byte, 1))
	require.NoError(t, err, "Serve has hung up on a client that was not idle")
}

func TestWhoIsSlowButSteadyStays(t *testing.T) {
	took, err := serve(t, func(t *testing.T, conn net.Conn) {
		for range 20 {
			time.Sleep(idle / 2)
			say(t, conn)
			hear(t, conn)
		}
		conn.Close()
	})
	assert.Equal(t, 10*idle, took)
	assert.NoError(t, err, "that the client hangs up is no error")
}

func TestWhoTakesItsTimeBothToSayAndToHearStays(t *testing.T) {
	_, err := serve(t, func(t *testing.T, conn net.Conn) {
		for range 5 {
			time.Sleep(idle * 3 / 4)
			say(t, conn)
			time.Sleep(idle * 3 / 4)
			hear(t, conn)
		}
		conn.Close()
	})
	assert.NoError(t, err)
}

func TestTheSilentAreHungUpOn(t *testing.T) {
	took, err := serve(t, func(*testing.T, net.Conn) {})
	assert.Equal(t, idle, took, "a client that never said anything")
	assert.Error(t, err)

	took, err = serve(t, func(t *testing.T, conn net.Conn) {
		time.Sleep(idle / 2)
		say(t, conn)
		hear(t, conn)
	})
	assert.Equal(t, idle/2+idle, took, "a client that fell silent after half the time")
	assert.Error(t, err)
}

func TestWhoDoesNotTakeTheAnswerIsHungUpOn(t *testing.T) {
	took, err := serve(t, func(t *testing.T, conn net.Conn) {
		time.Sleep(idle / 2)
		say(t, conn)
	})
	assert.Equal(t, idle/2+idle, took, "a client that says something and takes nothing")
	assert.Error(t, err)
}
