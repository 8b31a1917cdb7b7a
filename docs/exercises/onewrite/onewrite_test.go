//go:build exercise

package onewrite

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

var errGone = errors.New("the client is gone")

// A client sends its pieces, one for each Read, and the last one together with end.
type client struct {
	t        *testing.T
	pieces   []string
	end      error
	ended    bool
	read     []string // one for each Read that returned bytes
	heard    []string // one for each Write
	hangUpAt int      // the number of the Write that fails, counted from 1
}

func (c *client) Read(p []byte) (n int, err error) {
	if c.ended {
		c.t.Fatal("The client has ended the conversation, and Serve still reads from it.")
	}
	if len(c.pieces) > 0 {
		n = copy(p, c.pieces[0])
		if c.pieces[0] = c.pieces[0][n:]; c.pieces[0] == "" {
			c.pieces = c.pieces[1:]
		}
	}
	if n > 0 {
		c.read = append(c.read, string(p[:n]))
	}
	if len(c.pieces) == 0 {
		err, c.ended = c.end, true
	}
	return n, err
}

func (c *client) Write(p []byte) (int, error) {
	if len(c.heard) == c.hangUpAt && c.hangUpAt > 0 {
		c.t.Fatal("The client is gone: a Write has failed, and Serve writes to it again.")
	}
	c.heard = append(c.heard, string(p))
	if len(c.heard) == c.hangUpAt {
		return 0, errGone
	}
	return len(p), nil
}

// plusOne is the right reply.
var plusOne = strings.NewReplacer("a", "b", "b", "c", "c", "d", "\xff", "\x00")

func TestOneWriteForEachRead(t *testing.T) {
	sent := strings.Repeat("abc\xff", 1000)
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 0))
		var pieces []string
		for rest := sent; rest != ""; {
			n := min(1+random.IntN(512), len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		c := &client{t: t, pieces: pieces, end: io.EOF}
		if err := Serve(c); err != nil {
			t.Fatalf("The client ended the conversation, and Serve returned the error %q. It should return nil.", err)
		}
		for i, reply := range c.heard {
			if i == len(c.read) {
				t.Fatalf("Serve read from the client %d times, and wrote to it more often.", i)
			}
			if reply != plusOne.Replace(c.read[i]) {
				t.Fatalf("The client sent %d bytes. Read number %d returned %d of them and was answered with a "+
					"Write of %d bytes. It should be one Write of as many bytes, each one greater.",
					len(sent), i+1, len(c.read[i]), len(reply))
			}
		}
		if len(c.heard) < len(c.read) {
			t.Fatalf("Serve read from the client %d times, and the client got only %d replies. The last bytes came "+
				"together with io.EOF.", len(c.read), len(c.heard))
		}
	}
}

func TestNothingSentNothingWritten(t *testing.T) {
	c := &client{t: t, end: io.EOF}
	if err := Serve(c); err != nil {
		t.Fatalf("The client hung up without a word, and Serve returned the error %q. It should return nil.", err)
	}
	if len(c.heard) > 0 {
		t.Fatalf("The client hung up without a word, and Serve wrote %q to it. It should write nothing.", c.heard[0])
	}
}

func TestBytesTogetherWithAnError(t *testing.T) {
	c := &client{t: t, pieces: []string{"a"}, end: errGone}
	if err := Serve(c); err != errGone {
		t.Fatalf("Read failed with %q, and Serve returned %v. It should return that error.", errGone, err)
	}
	if len(c.heard) == 0 {
		t.Fatal("The client sent \"a\" and got no reply: Read returned the byte together with an error. " +
			"The client should read \"b\".")
	}
}

func TestErrorsOfWrite(t *testing.T) {
	for hangUpAt := 1; hangUpAt <= 3; hangUpAt++ {
		c := &client{t: t, pieces: []string{"a", "b", "c"}, end: io.EOF, hangUpAt: hangUpAt}
		if err := Serve(c); err != errGone {
			t.Fatalf("The client sends 3 pieces and is gone when reply number %d is written. "+
				"Serve returned %v. It should return the error of Write, %q.", hangUpAt, err, errGone)
		}
	}
}

func TestWriteFailsAfterReadHasFailed(t *testing.T) {
	c := &client{t: t, pieces: []string{"a"}, end: errors.New("the client has reset the connection"), hangUpAt: 1}
	if err := Serve(c); err != errGone {
		t.Fatalf("The client sent \"a\", Read returned it together with an error, and then Write failed with %q. "+
			"Serve returned %v. It should return the error of Write.", errGone, err)
	}
}

// An endless client sends the same byte many times.
type endless struct{ reads int }

func (e *endless) Write(p []byte) (int, error) { return len(p), nil }

func (e *endless) Read(p []byte) (int, error) {
	if e.reads--; e.reads < 0 {
		return 0, io.EOF
	}
	p[0] = 'a'
	return 1, nil
}

func TestMemoryForALongConversation(t *testing.T) {
	allocations := testing.AllocsPerRun(10, func() { Serve(&endless{reads: 1000}) })
	if allocations >= 100 {
		t.Fatalf("A client that sends 1000 single bytes costs %.0f allocations. It should cost a few: "+
			"write the reply over the bytes that you have read.", allocations)
	}
}
