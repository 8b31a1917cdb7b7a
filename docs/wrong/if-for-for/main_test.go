package main

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
)

func TestAWorkerThatLooksOnceFindsNoJobWhenTheQueueIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		found := make(chan any)
		go func() {
			defer func() { found <- recover() }()
			q.receive()
		}()
		synctest.Wait() // the worker sleeps
		q.close()
		assert.ErrorContains(t, (<-found).(error), "index out of range [0] with length 0")
	})
}
