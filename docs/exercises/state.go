package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A state says what the tests last accepted: the [fingerprint] of each exercise that has been
// solved. It is kept in the checkout, where git ignores it. The last line of an exercise counts.
type state map[string]string

func (c course) stateFile() string { return filepath.Join(c.root, folder, ".solved") }

// state reads what is known so far, which is nothing if there is no such file. Lines that it doesn't
// understand are exercises to test again.
func (c course) state() (state, error) {
	text, err := os.ReadFile(c.stateFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := make(state)
	for line := range strings.Lines(string(text)) {
		if name, print, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			s[name] = print
		}
	}
	return s, nil
}

// remember records whether the tests of an exercise accept the files that have this fingerprint. It
// only adds a line, because another companion may do the same in another terminal.
func (c course) remember(name, print string, accepted bool) error {
	s, err := c.state()
	if err != nil || accepted == (s[name] == print) {
		return err
	}
	if !accepted {
		print = "open"
	}
	file, err := os.OpenFile(c.stateFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %s\n", name, print)
	return errors.Join(err, file.Close())
}

// fingerprint returns a hash of the Go files in the folder of an exercise. The tests in that folder
// count too: an exercise is open again when they have changed. What an editor leaves there for a
// moment does not count.
func (c course) fingerprint(name string) (string, error) {
	files, err := os.ReadDir(c.dir(name))
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, f := range files {
		if f.IsDir() || filepath.Ext(f.Name()) != ".go" || strings.ContainsAny(f.Name()[:1], "._") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(c.dir(name), f.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", f.Name(), len(text), text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// solved reports whether the tests have accepted the files of an exercise as they are.
func (c course) solved(s state, name string) bool {
	print, err := c.fingerprint(name)
	return err == nil && print == s[name]
}

// next returns the name of the first exercise that is not solved, or nothing if all are.
func (c course) next() (string, error) {
	s, err := c.state()
	for _, e := range c.all {
		if !c.solved(s, e.name) {
			return e.name, err
		}
	}
	return "", err
}
