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
	tested string // the fingerprint of the files that were tested last
	solved bool   // by these files
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
	if a.tested, err = s.fingerprint(name); err != nil {
		return false, err
	}
	a.solved = a.tested == known[name]
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
			if print, _ := s.fingerprint(name); print != a.tested && print != "" {
				err = a.test(ctx)
			}
		case line, more := <-lines:
			switch line = strings.TrimSpace(line); {
			case !more, line == "q":
				return false, nil
			case line == "n" && a.solved:
				return true, nil
			case line == "":
				err = a.test(ctx)
			default:
				a.obey(line)
			}
		}
	}
	return false, err
}

// test tests the files as they are now, and shows the result.
func (a *attempt) test(ctx context.Context) (err error) {
	a.tested, _ = a.fingerprint(a.name)
	fmt.Fprintf(a.out, "Testing %s …\n", a.name)
	accepted, output, err := a.course.test(ctx, a.name, a.command)
	if err != nil {
		return err
	}
	a.solved = accepted
	fmt.Fprint(a.out, a.clear)
	a.show(a.name, a.lesson, accepted, output)
	a.obey("")
	return nil
}

// obey does what the learner has typed, and says what else there is to type.
func (a *attempt) obey(line string) {
	n := len(a.hints)
	switch {
	case line == "t":
		fmt.Fprintf(a.out, "%s\n\n", a.task)
	case line == "h" && n > 0:
		fmt.Fprintf(a.out, "\n%s\n\n", a.hints[a.shown%n])
		a.shown++
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
