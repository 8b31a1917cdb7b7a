// Package leak is a solution of the exercise.
package leak

import (
	"context"
	"errors"
)

// First asks all at once, at least one, and returns the answer that comes first. The others are told to stop, by the
// context that they got; First does not wait for them. If all fail, it returns what they failed with. If ctx ends
// before there is an answer, First returns at once, with the context's error.
func First(ctx context.Context, asks ...func(context.Context) (string, error)) (string, error) {
	type reply struct {
		text string
		err  error
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	replies := make(chan reply, len(asks)) // a place for each, so that nobody waits for First to take it
	for _, ask := range asks {
		go func() {
			text, err := ask(ctx)
			replies <- reply{text, err}
		}()
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
