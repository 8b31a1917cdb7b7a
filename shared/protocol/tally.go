//go:build !racy

package protocol

import "sync"

// tallyLock guards the tally of questions.
type tallyLock struct{ sync.Mutex }
