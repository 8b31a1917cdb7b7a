package protocol

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxLine = 1 << 10
	maxTop  = 100
)

// Converse carries on the words protocol about the words of t. The greeting is "* N words", with how many
// different words t knows. Each line from the client is then answered:
//
//	a word   how often the word stands in the corpus
//	TOP n    the n words asked for most often so far (see [Table.Top]), on a line each with how often that
//	         was, and an empty line; n is from 1 to 100, and TOP in capitals
//	else     "? " and the reason
//
// Lines end in a newline, which a carriage return may precede and the last one may lack, and have at most 1024
// bytes; a longer one is answered with the reason, and the conversation goes on. The answers to lines that come
// together are written together.
func (t *Table) Converse(rw io.ReadWriter) error {
	in := bufio.NewReaderSize(rw, maxLine+2) // with the line's end
	out := bufio.NewWriterSize(rw, 512)
	fmt.Fprintf(out, "* %d words\n", t.Len())
	for {
		if !lineBuffered(in) { // the client may wait for what it is owed before it says more
			if err := out.Flush(); err != nil {
				return err
			}
		}
		line, err := readLine(in)
		switch {
		case err == errLineTooLong:
			fmt.Fprintf(out, "? a line of more than %d bytes\n", maxLine)
		case err == nil, err == io.EOF && len(line) > 0:
			t.answer(out, line)
		}
		if err == io.EOF {
			return out.Flush()
		}
		if err != nil && err != errLineTooLong {
			return err
		}
	}
}

// lineBuffered says whether a whole line has come already.
func lineBuffered(in *bufio.Reader) bool {
	come, _ := in.Peek(in.Buffered())
	return bytes.IndexByte(come, '\n') >= 0
}

var errLineTooLong = errors.New("line too long")

// readLine returns the next line without its end, valid until the next call. Of a line that is too long it reads
// all and keeps nothing. At the end of the stream it returns io.EOF with what came last.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	tooLong := false
	for err == bufio.ErrBufferFull {
		tooLong = true
		_, err = in.ReadSlice('\n')
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if (tooLong || len(line) > maxLine) && (err == nil || err == io.EOF) {
		return nil, errLineTooLong
	}
	return line, err
}

func (t *Table) answer(out *bufio.Writer, line []byte) {
	if !utf8.Valid(line) {
		fmt.Fprintln(out, "? not UTF-8")
		return
	}
	fields := strings.Fields(string(line))
	switch {
	case len(fields) == 1 && fields[0] == "TOP":
		fmt.Fprintf(out, "? TOP: want a number behind it, from 1 to %d\n", maxTop)
	case len(fields) == 1 && isWord(fields[0]):
		fmt.Fprintln(out, t.Ask(fields[0]))
	case len(fields) == 2 && fields[0] == "TOP":
		n, err := strconv.Atoi(fields[1])
		if err != nil || n < 1 || n > maxTop {
			fmt.Fprintf(out, "? TOP %.20q: want a number from 1 to %d\n", fields[1], maxTop)
			return
		}
		for _, asked := range t.Top(n) {
			fmt.Fprintf(out, "%s %d\n", asked.Word, asked.Times)
		}
		fmt.Fprintln(out)
	case len(fields) == 0:
		fmt.Fprintln(out, "? an empty line: want a word, or TOP and a number")
	default:
		fmt.Fprintf(out, "? %.40q is not a word: want one word, or TOP and a number\n", line)
	}
}
