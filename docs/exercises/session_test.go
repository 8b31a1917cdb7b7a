package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestASaveRunsTheTestsUntilTheExerciseIsSolved(t *testing.T) {
	c := sum(t)
	printed, out := io.Pipe()
	s := &session{course: c, out: out}
	typed, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- s.learn(t.Context(), "sum", typed)
		out.Close()
	}()
	screen := bufio.NewScanner(printed)
	runs := 0
	// until reads what the companion prints, up to the line that says what the learner can do now.
	until := func() string {
		var text strings.Builder
		for screen.Scan() {
			text.WriteString(screen.Text() + "\n")
			if screen.Text() == "Testing sum …" {
				runs++
			}
			if strings.Contains(screen.Text(), "q: end") {
				break
			}
		}
		return text.String()
	}
	task := until()
	assert.Contains(t, task, "Then write Sum.")
	assert.NotContains(t, task, "plus")
	assert.Contains(t, task, "docs/exercises/sum/sum.go")
	typed <- "h"
	assert.Contains(t, until(), "What is *plus*?")
	typed <- "h"
	assert.Contains(t, until(), "Hint 2")
	typed <- "n"
	assert.NotContains(t, until(), "Then write Sum.", "it goes on before this one is solved")
	typed <- ""
	assert.Contains(t, until(), "1 and 2 are 3")
	typed <- "t"
	assert.Contains(t, until(), "Then write Sum.")
	c.save(t, "sum/sum.go", "package sum\n\nfunc Sum(a, b int) int { return }\n")
	assert.Contains(t, until(), "not enough return values")
	c.save(t, "sum/sum.go", solved)
	text := until()
	assert.Contains(t, text, "✓ sum is solved.")
	assert.Contains(t, text, "Because it adds.")
	assert.Contains(t, text, "n: the next exercise")
	typed <- "n"
	assert.Contains(t, until(), "docs/exercises/more/more.go")
	typed <- ""
	assert.Contains(t, until(), "more is not solved yet", "it has no tests")
	assert.Equal(t, 3, runs, "tests run when the files change, and when the learner wants it")
	typed <- "q"
	require.NoError(t, <-ended)
	var list bytes.Buffer
	require.NoError(t, c.list(&list, false))
	assert.Contains(t, list.String(), "✓  sum")
	assert.Contains(t, list.String(), "→  more")
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
