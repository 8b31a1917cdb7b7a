//go:build exercise

package leak

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// bubble runs f and then lets a day go by. Everything that f has started must have ended by then.
func bubble(t *testing.T, f func(*testing.T)) {
	defer func() {
		if v := recover(); !t.Failed() { // a goroutine that was left behind is reported already
			assert.Nil(t, v, "nothing can go on")
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		f(t)
		time.Sleep(24 * time.Hour)
		assert.Empty(t, others(), "First has left goroutines behind, which wait here for ever")
	})
}

// others returns the stacks of the goroutines that First has started in this bubble.
func others() string {
	stacks := make([]byte, 1<<20)
	all := strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n")
	bubble := regexp.MustCompile(`synctest bubble \d+\]`).FindString(all[0]) // the caller's own stack comes first
	return strings.Join(slices.DeleteFunc(all, func(stack string) bool {
		return !strings.Contains(stack, bubble) || !strings.Contains(stack, "leak.First")
	}), "\n\n")
}

var errDown = errors.New("the server is down")

// after is a server that takes its time, and does not look at the context.
func after(d time.Duration, answer string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		time.Sleep(d)
		return answer, err
	}
}

func TestNobodyIsLeftBehind(t *testing.T) {
	bubble(t, func(t *testing.T) {
		answer, err := First(t.Context(), after(3*time.Second, "third", nil), after(time.Second, "first", nil),
			after(2*time.Second, "", errDown), after(4*time.Second, "fourth", nil))
		assert.NoError(t, err)
		assert.Equal(t, "first", answer)
	})
}

func TestTheOthersAreToldToStop(t *testing.T) {
	bubble(t, func(t *testing.T) {
		began := time.Now()
		var stopped []time.Duration
		patient := func(ctx context.Context) (string, error) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			stopped = append(stopped, time.Since(began))
			return "", ctx.Err()
		}
		answer, err := First(t.Context(), patient, after(time.Second, "first", nil), after(time.Minute, "late", nil))
		assert.NoError(t, err)
		assert.Equal(t, "first", answer)
		assert.Equal(t, time.Second, time.Since(began), "First waited for somebody who lost")
		synctest.Wait()
		assert.Equal(t, []time.Duration{time.Second}, stopped, "when the one that lost was told to stop")
	})
}

func TestAFailureIsNoAnswerUnlessAllFail(t *testing.T) {
	bubble(t, func(t *testing.T) {
		errBusy := errors.New("the server is busy")
		answer, err := First(t.Context(), after(0, "", errDown), after(time.Second, "ok", nil), after(0, "", errBusy))
		assert.NoError(t, err)
		assert.Equal(t, "ok", answer)
		_, err = First(t.Context(), after(time.Second, "", errDown), after(0, "", errBusy))
		assert.ErrorIs(t, err, errDown)
		assert.ErrorIs(t, err, errBusy)
	})
}

func TestNoReplyGetsLostWhenManyComeTogether(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const many = 1000 // so that some reply before First listens
		_, err := First(t.Context(), slices.Repeat([]func(context.Context) (string, error){after(0, "", errDown)}, many)...)
		if assert.Error(t, err) {
			assert.Equal(t, many, strings.Count(err.Error(), errDown.Error()), "how many failures were returned")
		}
	})
}

func TestWhoeverAskedMayGiveUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := First(ctx, after(time.Minute, "late", nil), after(time.Hour, "later", nil))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began), "the context ended after one second")
	})
}
