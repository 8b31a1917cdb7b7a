// Package leak is wrong: its helper starts goroutines that nobody receives from.
package leak

import (
	"context"
	"errors"
)

type reply struct {
	text string
	err  error
}

// First calls all asks at once, at least one, and returns the first answer. It cancels the context of
// the others and does not wait for them. If all fail, it returns all their errors. If ctx ends before
// there is an answer, First returns at once with the error of ctx.
func First(ctx context.Context, asks ...func(context.Context) (string, error)) (string, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	replies := make(chan reply)
	for _, ask := range asks {
		start(ctx, ask, replies)
	}
	var failed []error
	for range asks {
		select {
		case r := <-replies:
			if r.err == nil {
				return r.text, nil
			}
			failed = append(failed, r.err)
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return "", errors.Join(failed...)
}

// start calls ask in a goroutine that sends its reply.
func start(ctx context.Context, ask func(context.Context) (string, error), replies chan<- reply) {
	go func() {
		text, err := ask(ctx)
		replies <- reply{text, err}
	}()
}
