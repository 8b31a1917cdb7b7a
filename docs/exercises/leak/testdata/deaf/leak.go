// Package leak is wrong: it does not notice that its caller gives up.
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
	replies := make(chan reply, len(asks)) // room for each, so that no goroutine waits for First to receive
	for _, ask := range asks {
		go func() {
			text, err := ask(ctx)
			replies <- reply{text, err}
		}()
	}
	var failed []error
	for range asks {
		r := <-replies
		if r.err == nil {
			return r.text, nil
		}
		failed = append(failed, r.err)
	}
	return "", errors.Join(failed...)
}
