//go:build exercise

package idle

import (
	"net"
	"testing"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

const idle = time.Minute

// serve has a client talk to Serve and returns how long Serve took and what it returned. Serve
// takes an hour at most, because then the connection is closed.
func serve(t *testing.T, client func(*testing.T, net.Conn)) (took time.Duration, err error) {
	t.Helper()
	bubble.Run(t, "The client and Serve wait for each other for ever.", func(t *testing.T) {
		here, there := net.Pipe()
		defer here.Close()
		began := time.Now()
		ended := make(chan error, 1)
		go func() { ended <- Serve(there, idle) }()
		time.AfterFunc(time.Hour, func() { there.Close() })
		client(t, here)
		err = <-ended
		took = time.Since(began)
		if there.SetDeadline(time.Time{}) == nil {
			t.Fatal("Serve has returned and the client is still connected. It should be hung up on.")
		}
	})
	return took, err
}

func send(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Write([]byte("a")); err != nil {
		t.Fatalf("The client is slow but never silent for a minute, and was hung up on when it sent a byte: %v.", err)
	}
}

func receive(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatalf("The client is slow but never silent for a minute, and was hung up on before it read its reply: %v.", err)
	}
}

func TestSlowClientStays(t *testing.T) {
	_, err := serve(t, func(t *testing.T, conn net.Conn) {
		for range 20 {
			time.Sleep(idle / 2)
			send(t, conn)
			receive(t, conn)
		}
		conn.Close()
	})
	if err != nil {
		t.Fatalf("The client hung up after ten minutes, and Serve returned the error %q. It should return nil.", err)
	}
}

func TestClientThatIsSlowToSendAndToReadStays(t *testing.T) {
	serve(t, func(t *testing.T, conn net.Conn) {
		for range 5 {
			time.Sleep(idle * 3 / 4)
			send(t, conn)
			time.Sleep(idle * 3 / 4)
			receive(t, conn)
		}
		conn.Close()
	})
}

func TestIdleClientIsHungUpOn(t *testing.T) {
	for _, c := range []struct {
		client string
		is     func(*testing.T, net.Conn)
		want   time.Duration
	}{
		{"A client that never sends anything", func(*testing.T, net.Conn) {}, idle},
		{"A client that falls silent after 30s", func(t *testing.T, conn net.Conn) {
			time.Sleep(idle / 2)
			send(t, conn)
			receive(t, conn)
		}, idle/2 + idle},
		{"A client that sends a byte after 30s and never reads the reply", func(t *testing.T, conn net.Conn) {
			time.Sleep(idle / 2)
			send(t, conn)
		}, idle/2 + idle},
	} {
		took, err := serve(t, c.is)
		if took != c.want {
			t.Fatalf("%s was hung up on after %v. It should be after %v; idle is %v.", c.client, took, c.want, idle)
		}
		if err == nil {
			t.Fatalf("%s was hung up on, and Serve returned nil. It should return an error.", c.client)
		}
	}
}
