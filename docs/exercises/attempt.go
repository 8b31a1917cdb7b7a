package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"example.com/concurrent-servers/shared/console"
)

// settle is how long a folder must be quiet before the tests run: an editor saves in several steps.
const settle = 100 * time.Millisecond

// An attempt is one exercise that the learner works on.
type attempt struct {
	*session
	lesson
	name   string
	shown  int    // hints
	tested string // the fingerprint of the files that were tested last, or nothing if unknown
	solved bool   // by these files
	cancel context.CancelFunc
	ended  chan ending // of the tests that run, or nil
}

// An ending is how a run of the tests ended.
type ending struct {
	result
	err error
}

// work shows the task, tests the exercise whenever its files have changed, and does what the learner
// types. It returns true when the learner wants the next exercise.
func (s *session) work(ctx context.Context, name string, lines <-chan string) (onward bool, err error) {
	a := &attempt{session: s, name: name}
	if a.lesson, err = s.course.lesson(name); err != nil {
		return false, err
	}
	known, err := s.state()
	if err != nil {
		return false, err
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return false, fmt.Errorf("%w (-once tests without watching)", err)
	}
	defer watcher.Close()
	if err := watcher.Add(s.dir(name)); err != nil { // the folder, because editors replace the file
		return false, err
	}
	a.tested, _ = s.fingerprint(name)
	a.solved = s.course.solved(known, name)
	defer a.stop()
	fmt.Fprint(s.out, s.clear)
	a.obey("t")
	var quiet <-chan time.Time
	for err == nil {
		select {
		case <-ctx.Done():
			return false, console.ErrInterrupted
		case <-watcher.Events:
			quiet = time.After(settle)
		case <-watcher.Errors: // some events are lost
			quiet = time.After(settle)
		case <-quiet:
			quiet = nil
			if print, err := s.fingerprint(name); err != nil { // an editor has the file
				quiet = time.After(settle)
			} else if print != a.tested {
				a.start(ctx)
			}
		case end := <-a.ended:
			err = a.finish(end)
			quiet = time.After(settle) // the files may have changed meanwhile
		case line, more := <-lines:
			switch line = strings.TrimSpace(line); {
			case !more, line == "q":
				return false, nil
			case line == "n" && a.solved:
				return true, nil
			case line == "":
				a.start(ctx)
			default:
				a.obey(line)
			}
		}
	}
	return false, err
}

// start begins to test the files as they are now. It stops a run of older files.
func (a *attempt) start(ctx context.Context) {
	a.stop()
	a.tested, _ = a.fingerprint(a.name)
	a.solved = false
	fmt.Fprintf(a.out, "Testing %s …\n", a.name)
	ctx, a.cancel = context.WithCancel(ctx)
	ended := make(chan ending, 1)
	a.ended = ended
	go func() {
		r, err := a.course.test(ctx, a.name, a.command)
		ended <- ending{r, err}
	}()
}

// stop cancels the tests if they run, and waits until the go command has cleaned up.
func (a *attempt) stop() {
	if a.ended != nil {
		a.cancel()
		<-a.ended
		a.ended = nil
	}
}

// finish shows what the tests say.
func (a *attempt) finish(end ending) error {
	a.cancel()
	a.ended = nil
	if end.err != nil {
		return end.err
	}
	a.tested, a.solved = end.tested, end.accepted
	fmt.Fprint(a.out, a.clear)
	a.show(a.name, a.lesson, end.result)
	a.obey("")
	return nil
}

// obey does what the learner has typed, and says what else there is to type.
func (a *attempt) obey(line string) {
	n := len(a.hints)
	switch {
	case line == "":
	case line == "t":
		fmt.Fprintf(a.out, "%s\n\n", a.task)
	case line == "h" && n > 0:
		fmt.Fprintf(a.out, "\n%s\n\n", a.hints[a.shown%n])
		a.shown++
	case line == "h":
		fmt.Fprintln(a.out, "there is no hint")
	case line == "n":
		fmt.Fprintln(a.out, "not solved yet")
	default:
		fmt.Fprintln(a.out, "unknown: type h, t, n or q")
	}
	keys := "t: the task · q: end"
	if n > 0 {
		keys = fmt.Sprintf("h: hint %d of %d · %s", a.shown%n+1, n, keys)
	}
	if a.solved {
		keys = "n: the next exercise · " + keys
	}
	fmt.Fprintf(a.out, "Save %s to test it, or type and press Enter:\n%s · Enter alone: test now\n", a.edited(a.name), keys)
}
