// Package leak is wrong: a reply that comes while First does not receive is lost.
package leak

import (
	"context"
	"errors"
)

// First calls all asks at once, at least one, and returns the first answer. It cancels the context of
// the others and does not wait for them. If all fail, it returns all their errors. If ctx ends before
// there is an answer, First returns at once with the error of ctx.
func First(ctx context.Context, asks ...func(context.Context) (string, error)) (string, error) {
	type reply struct {
		text string
		err  error
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	replies := make(chan reply)
	for _, ask := range asks {
		go func() {
			text, err := ask(ctx)
			select {
			case replies <- reply{text, err}:
			default:
			}
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
