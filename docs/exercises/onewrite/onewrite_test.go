//go:build exercise

package onewrite

import (
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// wire is a client that says its pieces, one for each Read, and the last one together with how it ends.
type wire struct {
	pieces   []string
	end      error
	ended    bool
	heard    []string // one for each Write
	hangUpAt int      // the number of the Write that fails, from 1; 0 for none
}

var errGone = errors.New("the client is gone")

func (w *wire) Read(p []byte) (n int, err error) {
	if len(w.pieces) == 0 {
		if w.ended {
			panic("Serve reads on after the end")
		}
		w.ended = true
		return 0, w.end
	}
	n = copy(p, w.pieces[0])
	if w.pieces[0] = w.pieces[0][n:]; w.pieces[0] == "" {
		w.pieces = w.pieces[1:]
	}
	if len(w.pieces) == 0 {
		err, w.ended = w.end, true
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	w.heard = append(w.heard, string(p))
	if len(w.heard) == w.hangUpAt {
		return 0, errGone
	}
	return len(p), nil
}

func TestEachReadIsAnsweredWithOneWrite(t *testing.T) {
	said := strings.Repeat("abc\xff", 1000)
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 0))
		var pieces, owed []string
		for rest := said; rest != ""; {
			n := min(1+random.IntN(512), len(rest))
			pieces = append(pieces, rest[:n])
			owed = append(owed, strings.NewReplacer("a", "b", "b", "c", "c", "d", "\xff", "\x00").Replace(rest[:n]))
			rest = rest[n:]
		}
		w := &wire{pieces: pieces, end: io.EOF}
		assert.NoError(t, Serve(w))
		if !assert.Equal(t, len(owed), len(w.heard), "how many Writes there were for %d Reads", len(owed)) ||
			!assert.Equal(t, len(said), len(strings.Join(w.heard, "")), "how many bytes were answered") ||
			!assert.True(t, slices.Equal(owed, w.heard), "a wrong answer") {
			return
		}
	}
}

func TestWhoSaysNothingIsAnsweredWithNothing(t *testing.T) {
	w := &wire{end: io.EOF}
	assert.NoError(t, Serve(w))
	assert.Empty(t, w.heard)
}

func TestErrorsAreReturned(t *testing.T) {
	for hangUpAt := 1; hangUpAt <= 3; hangUpAt++ {
		w := &wire{pieces: []string{"a", "b", "c"}, end: io.EOF, hangUpAt: hangUpAt}
		assert.Equal(t, errGone, Serve(w), "the error of Write number %d", hangUpAt)
		assert.Len(t, w.heard, hangUpAt, "whoever is gone is told nothing more")
	}
	w := &wire{pieces: []string{"a"}, end: errGone}
	assert.Equal(t, errGone, Serve(w), "the error of Read")
	assert.Equal(t, []string{"b"}, w.heard, "what came together with the error is to be answered, too")
}

// endless says the same byte over and over.
type endless struct{ reads int }

func (e *endless) Write(p []byte) (int, error) { return len(p), nil }

func (e *endless) Read(p []byte) (int, error) {
	if e.reads--; e.reads < 0 {
		return 0, io.EOF
	}
	p[0] = 'a'
	return 1, nil
}

func TestMemoryDoesNotGrowWithTheConversation(t *testing.T) {
	allocations := testing.AllocsPerRun(10, func() { Serve(&endless{reads: 1000}) })
	assert.Less(t, allocations, 100.0, "allocations for 1000 reads: answer in place, in one buffer")
}
