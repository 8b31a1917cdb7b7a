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

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
)

// run runs test and then lets a day go by. All goroutines that test has started must have ended,
// whatever function started them.
func run(t *testing.T, test func(*testing.T)) {
	t.Helper()
	bubble.Run(t, "The caller of First waits for ever: First waits for a reply that never comes.", func(t *testing.T) {
		before := goroutines()
		test(t)
		time.Sleep(24 * time.Hour)
		if n := goroutines() - before; n > 0 {
			t.Fatalf("The caller has had its answer for a day, and First has left %d goroutines behind. They are "+
				"blocked for ever, so the caller's program grows with each call.", n)
		}
	})
}

// goroutines counts the goroutines of this bubble.
func goroutines() (n int) {
	stacks := make([]byte, 1<<20)
	all := strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n")
	bubble := regexp.MustCompile(`synctest bubble \d+\]`).FindString(all[0]) // the caller's own stack comes first
	for _, stack := range all {
		if strings.Contains(stack, bubble) {
			n++
		}
	}
	return n
}

var errDown = errors.New("the server is down")

// after is a server that answers after d and ignores the context.
func after(d time.Duration, answer string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		time.Sleep(d)
		return answer, err
	}
}

func wantAnswer(t *testing.T, got string, err error, want string) {
	t.Helper()
	if got != want || err != nil {
		t.Fatalf("The caller got the answer %q and the error %v. It should get the first answer, %q.", got, err, want)
	}
}

func TestEveryGoroutineEnds(t *testing.T) {
	run(t, func(t *testing.T) {
		answer, err := First(t.Context(), after(3*time.Second, "third", nil), after(time.Second, "first", nil),
			after(2*time.Second, "", errDown), after(4*time.Second, "fourth", nil))
		wantAnswer(t, answer, err, "first")
	})
}

func TestOthersAreCancelled(t *testing.T) {
	run(t, func(t *testing.T) {
		began := time.Now()
		var cancelled time.Duration
		obedient := func(ctx context.Context) (string, error) {
			select {
			case <-ctx.Done():
			case <-time.After(time.Hour):
			}
			cancelled = time.Since(began)
			return "", ctx.Err()
		}
		answer, err := First(t.Context(), obedient, after(time.Second, "first", nil), after(time.Minute, "late", nil))
		wantAnswer(t, answer, err, "first")
		if took := time.Since(began); took != time.Second {
			t.Fatalf("The first answer came after 1s, and the caller got it after %v. First should not wait for the others.", took)
		}
		synctest.Wait()
		if cancelled == 0 {
			t.Fatal("The caller has its answer, and another server still works on the same question. " +
				"First should cancel the context that it passed to it.")
		}
	})
}

func TestFailuresAreReturnedOnlyIfAllFail(t *testing.T) {
	run(t, func(t *testing.T) {
		errBusy := errors.New("the server is busy")
		answer, err := First(t.Context(), after(0, "", errDown), after(time.Second, "ok", nil), after(0, "", errBusy))
		wantAnswer(t, answer, err, "ok")
		_, err = First(t.Context(), after(time.Second, "", errDown), after(0, "", errBusy))
		if !errors.Is(err, errDown) || !errors.Is(err, errBusy) {
			t.Fatalf("Both servers failed, and the caller got the error %v. It should contain both errors.", err)
		}
	})
}

func TestNoReplyIsLostWhenManyComeAtOnce(t *testing.T) {
	run(t, func(t *testing.T) {
		const many = 1000 // so that some reply before First receives
		_, err := First(t.Context(), slices.Repeat([]func(context.Context) (string, error){after(0, "", errDown)}, many)...)
		if err == nil {
			t.Fatal("All servers failed, and the caller got no error.")
		}
		if n := strings.Count(err.Error(), errDown.Error()); n != many {
			t.Fatalf("%d servers failed at once, and the caller got %d of their errors.", many, n)
		}
	})
}

func TestCallerGivesUp(t *testing.T) {
	run(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := First(ctx, after(time.Minute, "late", nil), after(time.Hour, "later", nil))
		if took := time.Since(began); took != time.Second {
			t.Fatalf("The caller's context ended after 1s, and First returned after %v. It should return at once.", took)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("The caller's context ended, and First returned the error %v. It should be that of the context.", err)
		}
	})
}
