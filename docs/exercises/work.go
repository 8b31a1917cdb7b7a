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

// A work is one exercise that the learner works on.
type work struct {
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
	w := &work{session: s, name: name}
	if w.lesson, err = s.course.lesson(name); err != nil {
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
	if w.tested, err = s.fingerprint(name); err != nil {
		return false, err
	}
	w.solved = w.tested == known[name]
	fmt.Fprint(s.out, s.clear)
	w.obey("t")
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
			if print, _ := s.fingerprint(name); print != w.tested && print != "" {
				err = w.test(ctx)
			}
		case line, more := <-lines:
			switch line = strings.TrimSpace(line); {
			case !more, line == "q":
				return false, nil
			case line == "n" && w.solved:
				return true, nil
			case line == "":
				err = w.test(ctx)
			default:
				w.obey(line)
			}
		}
	}
	return false, err
}

// test tests the files as they are now, and shows the result.
func (w *work) test(ctx context.Context) (err error) {
	w.tested, _ = w.fingerprint(w.name)
	fmt.Fprintf(w.out, "Testing %s …\n", w.name)
	accepted, output, err := w.course.test(ctx, w.name, w.command)
	if err != nil {
		return err
	}
	w.solved = accepted
	fmt.Fprint(w.out, w.clear)
	w.show(w.name, w.lesson, accepted, output)
	w.obey("")
	return nil
}

// obey does what the learner has typed, and says what else there is to type.
func (w *work) obey(line string) {
	n := len(w.hints)
	switch {
	case line == "t":
		fmt.Fprintf(w.out, "%s\n\n", w.task)
	case line == "h" && n > 0:
		fmt.Fprintf(w.out, "\n%s\n\n", w.hints[w.shown%n])
		w.shown++
	}
	keys := "t: the task · q: end"
	if n > 0 {
		keys = fmt.Sprintf("h: hint %d of %d · %s", w.shown%n+1, n, keys)
	}
	if w.solved {
		keys = "n: the next exercise · " + keys
	}
	fmt.Fprintf(w.out, "Save %s to test it, or type and press Enter:\n%s · Enter alone: test now\n", w.edited(w.name), keys)
}
