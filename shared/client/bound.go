package client

import (
	"fmt"
	"io"
)

// AtMost returns a reader that reads from r and fails when more than most bytes come, with an error that says so.
// A program that reads from a server up to a delimiter, or to the end, needs such a bound: without one, a server that
// never stops fills the memory. [io.LimitReader] would pretend that the stream ends there.
func AtMost(r io.Reader, most int) io.Reader { return &bounded{r: r, most: most, left: most} }

type bounded struct {
	r          io.Reader
	most, left int
	err        error // why reading ended, which a parser may replace by what it makes of the rest
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(len(p), b.left+1)]) // one byte more tells too much from the end
	if n > b.left {
		n, err = b.left, fmt.Errorf("the server sends more than %d bytes", b.most)
	}
	b.left -= n
	b.err = err
	return n, err
}
