//go:build exercise

package part2

import (
	"testing"

	"example.com/concurrent-servers/shared/servertest"
)

func TestTheServerServesEveryClientAtOnce(t *testing.T) {
	servertest.Judge(t, Serve, servertest.Promise{Greeted: servertest.All, Accepted: servertest.All})
}
