//go:build exercise

package tally

import (
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNoQuestionIsLost(t *testing.T) {
	const clients, questions = 8, 1000
	tally := Tally{pause: runtime.Gosched}
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for i := range questions {
				tally.Add(i % 3)
			}
		})
	}
	for range 100 {
		assert.LessOrEqual(t, tally.Total(), clients*questions)
	}
	asking.Wait()
	assert.Equal(t, clients*questions, tally.Total())
}
