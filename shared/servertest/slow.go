package servertest

import (
	"flag"
	"testing"
)

var slow = flag.Bool("slow", false, "also run the tests that take long")

// Slow skips a test that takes long, unless go test was given -slow. Every package whose tests import this
// package has that flag.
func Slow(t testing.TB) {
	t.Helper()
	if !*slow {
		t.Skip("takes long; go test -slow runs it")
	}
}
