package main

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnExerciseIsSolvedWhileItsFilesAreThoseThatTheTestsAccepted(t *testing.T) {
	c := sum(t)
	is := func() bool {
		t.Helper()
		s, err := c.state()
		require.NoError(t, err)
		return c.solved(s, "sum")
	}
	remember := func(accepted bool) {
		t.Helper()
		print, err := c.fingerprint("sum")
		require.NoError(t, err)
		require.NoError(t, c.remember("sum", print, accepted))
	}
	assert.False(t, is())
	c.save(t, "sum/sum.go", solved)
	remember(true)
	assert.True(t, is())
	c.save(t, "sum/.#sum.go", "what Emacs leaves")
	assert.True(t, is())
	c.save(t, "sum/sum.go", stub)
	assert.False(t, is(), "edited")
	remember(false)
	c.save(t, "sum/sum.go", solved)
	assert.True(t, is(), "as it was")
	require.NoError(t, c.remember("more", "1234", true))
	assert.True(t, is(), "another one is solved")
	c.save(t, "sum/more_test.go", "package sum\n")
	assert.False(t, is(), "there is another test")
	require.NoError(t, os.Remove(filepath.Join(c.dir("sum"), "more_test.go")))
	remember(false)
	assert.False(t, is(), "the tests have changed their mind")
}

func TestNoCompanionForgetsWhatAnotherRemembers(t *testing.T) {
	c := sum(t)
	var companions sync.WaitGroup
	for i := range 50 {
		companions.Go(func() { assert.NoError(t, c.remember(strconv.Itoa(i), "1234", true)) })
	}
	companions.Wait()
	s, err := c.state()
	require.NoError(t, err)
	assert.Len(t, s, 50)
}
