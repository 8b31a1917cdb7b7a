//go:build !unix

package experiments

import "testing"

func smallStacks(*testing.T) bool { return false }
