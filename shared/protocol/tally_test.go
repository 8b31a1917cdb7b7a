//go:build !racy

package protocol

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A forgotten lock is found at any speed, and without the race detector.
func TestTheTallyIsReadAndWrittenUnderItsLock(t *testing.T) {
	for name, use := range map[string]func(*Table){
		"Ask": func(words *Table) { words.Ask("light") },
		"Top": func(words *Table) { words.Top(1) },
	} {
		words := table(t, "light")
		ended := make(chan bool, 1)
		words.mu.Lock()
		go func() {
			use(words)
			ended <- true
		}()
		for len(ended) == 0 && !someoneWaitsForAMutex() {
			runtime.Gosched()
		}
		assert.Empty(t, ended, "%s does not wait for the lock", name)
		words.mu.Unlock()
		<-ended
		require.True(t, words.mu.TryLock(), "%s gives the lock back", name)
	}
}

func someoneWaitsForAMutex() bool {
	stacks := make([]byte, 1<<20)
	return bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("[sync.Mutex.Lock"))
}
