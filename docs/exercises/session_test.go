package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A learner is in front of a companion.
type learner struct {
	typed  chan string
	ended  chan error
	screen *bufio.Scanner
	seen   strings.Builder
}

func learn(t *testing.T, c course) *learner {
	printed, out := io.Pipe()
	l := &learner{typed: make(chan string, 1), ended: make(chan error, 1), screen: bufio.NewScanner(printed)}
	go func() {
		l.ended <- (&session{course: c, out: out}).learn(t.Context(), "sum", l.typed)
		out.Close()
	}()
	return l
}

// until reads what the companion prints, up to a line with this text.
func (l *learner) until(last string) string {
	before := l.seen.Len()
	for l.screen.Scan() {
		l.seen.WriteString(l.screen.Text() + "\n")
		if strings.Contains(l.screen.Text(), last) {
			break
		}
	}
	return l.seen.String()[before:]
}

const keys = "q: end" // in the line that says what the learner can do now

func TestASaveRunsTheTestsUntilTheExerciseIsSolved(t *testing.T) {
	c := sum(t)
	l := learn(t, c)
	typed, until := l.typed, func() string { return l.until(keys) }
	task := until()
	assert.Contains(t, task, "Then write Sum.")
	assert.NotContains(t, task, "plus")
	assert.Contains(t, task, "docs/exercises/sum/sum.go")
	typed <- "h"
	assert.Contains(t, until(), "What is *plus*?")
	typed <- "h"
	assert.Contains(t, until(), "Hint 2")
	typed <- "n"
	assert.Contains(t, until(), "not solved yet\n")
	typed <- "N"
	assert.Contains(t, until(), "unknown: type h, t, n or q\n")
	typed <- ""
	assert.Contains(t, until(), "1 and 2 are 3")
	typed <- "t"
	assert.Contains(t, until(), "Then write Sum.")
	c.save(t, "sum/sum.go", "package sum\n\nfunc Sum(a, b int) int { return }\n")
	assert.Contains(t, until(), "not enough return values")
	c.save(t, "sum/sum.go", solved)
	text := until()
	assert.Contains(t, text, "✓ sum is solved.")
	assert.Regexp(t, "(?s)Because it adds.*✓ sum is solved", text, "a long explanation hides what is above it")
	assert.Contains(t, text, "n: the next exercise")
	typed <- "n"
	assert.Contains(t, until(), "docs/exercises/more/more.go")
	typed <- ""
	assert.Contains(t, until(), "more is not solved yet", "it has no tests")
	assert.Equal(t, 3, strings.Count(l.seen.String(), "Testing sum …"), "tests run when the files change, and when the learner wants it")
	typed <- "q"
	require.NoError(t, <-l.ended)
	var list bytes.Buffer
	require.NoError(t, c.list(&list, false))
	assert.Contains(t, list.String(), "✓  sum")
	assert.Contains(t, list.String(), "→  more")
}

func TestAFileThatCannotBeReadIsTestedLater(t *testing.T) {
	c := sum(t)
	gone := filepath.Join(c.dir("sum"), "gone.go")
	l := learn(t, c)
	l.until(keys)
	if err := os.Symlink("nowhere", gone); err != nil {
		t.Skip(err) // Windows wants a privilege
	}
	l.typed <- ""
	assert.Contains(t, l.until(keys), "sum is not solved yet")
	c.save(t, "sum/sum.go", solved)
	require.NoError(t, os.Remove(gone))
	assert.Contains(t, l.until("solved."), "✓ sum is solved.")
	close(l.typed)
	l.until("nothing more")
	require.NoError(t, <-l.ended)
}

func TestAnAnswerWithADataRaceIsNotAccepted(t *testing.T) {
	if !detectsRaces() {
		t.Skip("go test -race does not work here")
	}
	c := sum(t)
	c.save(t, "sum/sum.go", "package sum\n\nfunc Sum(a, b int) (s int) {\n\tdone := make(chan bool)\n\tgo func() { s = a + b; close(done) }()\n\ts = 0\n\t<-done\n\treturn 3\n}\n")
	var out bytes.Buffer
	assert.Error(t, (&session{course: c, out: &out}).once(t.Context(), "sum"))
	assert.Contains(t, out.String(), "DATA RACE")
}

func TestWithoutATerminalItTestsOnceAndSaysSo(t *testing.T) {
	stdin := os.Stdin
	t.Cleanup(func() { os.Stdin = stdin })
	var err error
	os.Stdin, err = os.Open(os.DevNull)
	require.NoError(t, err)
	defer os.Stdin.Close()
	t.Chdir(sum(t).root)
	for args, want := range map[string]string{"sum": "standard input is no terminal: testing once\n", "-once sum": ""} {
		var stderr bytes.Buffer
		assert.EqualError(t, run(t.Context(), strings.Fields(args), io.Discard, &stderr), "sum is not solved yet")
		assert.Equal(t, want, stderr.String(), args)
	}
}

func TestOnceEndsInTheResult(t *testing.T) {
	c := sum(t)
	var out bytes.Buffer
	s := &session{course: c, out: &out}
	assert.EqualError(t, s.once(t.Context(), "sum"), "sum is not solved yet")
	assert.Contains(t, out.String(), "1 and 2 are 3")
	c.save(t, "sum/sum.go", solved)
	require.NoError(t, s.once(t.Context(), "sum"))
	c.save(t, "sum/sum.go", stub)
	out.Reset()
	require.NoError(t, c.check(t.Context(), &out))
	assert.Equal(t, "sum: open\nmore: open\n", out.String())
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	assert.EqualError(t, s.once(cancelled, "sum"), "interrupted")
}

func TestArgumentsAreChecked(t *testing.T) {
	for args, want := range map[string]string{
		"a b":          "too many arguments (a b): want one exercise, after all flags",
		"-once":        "-once: want an exercise, for example -once next",
		"-check a":     "-check tests all exercises: want nothing beside it",
		"-check -once": "-check tests all exercises: want nothing beside it",
		"-color red x": `invalid value "red" for flag -color: want auto, always or never`,
		"nowhere":      `there is no exercise "nowhere": go run ./docs/exercises lists them`,
	} {
		assert.EqualError(t, run(t.Context(), strings.Fields(args), io.Discard, io.Discard), want, args)
	}
}
