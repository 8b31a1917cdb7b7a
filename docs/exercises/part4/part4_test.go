//go:build exercise

package part4

import (
	"net"
	"testing"

	"example.com/concurrent-servers/shared/servertest"
)

func TestTheServerAcceptsOnlyTheClientsThatItCanServe(t *testing.T) {
	for _, n := range []int{2, 1, 5} {
		t.Logf("a server with %d slots:", n)
		strategy := func(ln net.Listener, handle func(net.Conn)) error { return Serve(n, ln, handle) }
		servertest.Judge(t, strategy, servertest.Promise{Greeted: n, Accepted: n})
	}
}
