package protocol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// setRate replaces the measurement of how fast this machine computes.
func setRate(t *testing.T, rate func() float64) {
	before := churnRate
	t.Cleanup(func() { churnRate = before })
	churnRate = rate
}

func TestSpinningIsAnAmountOfWork(t *testing.T) {
	setRate(t, func() float64 { return 50_000 })
	assert.Equal(t, churn(1000), spin(20*time.Millisecond))
	assert.NotEqual(t, churn(1000), churn(1001), "each round changes the result")
	assert.EqualValues(t, 1, churn(0))
}

func TestTheLongestSpinFitsOnAMachineOf32Bits(t *testing.T) {
	assert.Equal(t, int64(60_000_000_000), rounds(10*time.Second, 6e9))
	assert.Equal(t, int64(500), rounds(500*time.Millisecond, 1000))
	assert.Zero(t, rounds(0, 6e9))
}

func TestOpeningHTTPMeasuresBeforeTheFirstClientComes(t *testing.T) {
	measured := 0
	setRate(t, func() float64 { measured++; return 1 })
	_, err := Open("message", Options{})
	require.NoError(t, err)
	assert.Zero(t, measured)
	_, err = Open("http", Options{})
	require.NoError(t, err)
	assert.Equal(t, 1, measured)
}

func TestTheMachineIsMeasuredOnce(t *testing.T) {
	assert.Positive(t, churnRate())
	assert.Equal(t, churnRate(), churnRate())
}
