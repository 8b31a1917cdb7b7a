package client

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSleepEndsWithTheTimeOrTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enough := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(2*time.Second, func() { cancel(enough) })
		began := time.Now()
		assert.NoError(t, Sleep(ctx, time.Second))
		assert.Equal(t, time.Second, time.Since(began))
		assert.ErrorIs(t, Sleep(ctx, time.Hour), enough)
		assert.Equal(t, 2*time.Second, time.Since(began))
		assert.ErrorIs(t, Sleep(ctx, 0), enough)
	})
}
