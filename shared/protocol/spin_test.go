package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// How long it takes is the machine's business; that it computes at all shows in the time that it takes alone.
func TestSpinningIsAnAmountOfWork(t *testing.T) {
	alone := time.Hour
	for range 5 {
		began := time.Now()
		spin(20 * time.Millisecond)
		alone = min(alone, time.Since(began))
	}
	assert.Greater(t, alone, 5*time.Millisecond)
	assert.NotEqual(t, churn(1000), churn(1001), "each round changes the result")
}
