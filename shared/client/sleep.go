package client

import (
	"context"
	"time"
)

// Sleep waits for d, or until ctx is done, and then returns [context.Cause].
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return context.Cause(ctx) // nil while ctx is not done
}
