//go:build exercise

package part1

import (
	"testing"

	"example.com/concurrent-servers/shared/servertest"
)

func TestTheServerServesOneClientAtATime(t *testing.T) {
	servertest.Judge(t, Serve, servertest.Promise{Greeted: 1, Accepted: 1})
}
