package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
)

// A session is a course with one learner in front of it.
type session struct {
	course
	out   io.Writer
	color bool
	clear string                                // clears the screen
	size  func() (columns, rows int, err error) // of the screen, or nil if there is none
}

const clearScreen = "\x1b[2J\x1b[H"

// once tests an exercise, shows the result, and returns an error if it is not solved.
func (s *session) once(ctx context.Context, name string) error {
	l, err := s.lesson(name)
	if err != nil {
		return err
	}
	r, err := s.test(ctx, name, l.command)
	if err != nil {
		return err
	}
	s.show(name, l, r)
	if !r.accepted {
		return fmt.Errorf("%s is not solved yet", name)
	}
	return nil
}

// learn works on the exercise with this name, and then on those that the learner goes on to. It
// returns when the learner types q, when lines is closed, or when ctx is done.
func (s *session) learn(ctx context.Context, name string, lines <-chan string) error {
	for {
		onward, err := s.work(ctx, name, lines)
		if ctx.Err() != nil {
			return nil // Ctrl-C is one of the ways to end
		}
		if err != nil || !onward {
			return err
		}
		if name, err = s.next(); err != nil {
			return err
		}
		if name == "" {
			return s.list(s.out, s.color)
		}
	}
}

// lines returns the lines of in. It closes the channel at their end.
func lines(in io.Reader) <-chan string {
	to := make(chan string)
	go func() {
		defer close(to)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			to <- lines.Text()
		}
	}()
	return to
}
