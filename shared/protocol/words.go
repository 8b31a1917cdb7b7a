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

// Converse is the conversation of the words protocol about the words of t. It greets the client
// with "* N words", where N is how many different words t knows, and answers each line:
//
//	a word   how often the word stands in the corpus
//	TOP n    the n words that clients asked for most often (see [Table.Top]), each on a line with how often,
//	         and an empty line; n is from 1 to 100, and TOP is in capitals
//	else     "? " and the reason
//
// A line ends in a newline or a carriage return and a newline; the last line may lack both. A line
// of more than 1024 bytes is answered with the reason, and the conversation goes on. Converse
// writes the answers to lines that came together in one write. A client that the server does not
// serve gets "? busy" in place of the greeting, from [Busy].
func (t *Table) Converse(rw io.ReadWriter) error {
	in := bufio.NewReaderSize(rw, maxLine+2) // with the line's end
	out := bufio.NewWriterSize(rw, 512)
	fmt.Fprintf(out, "* %d words\n", t.Len())
	for {
		if !lineBuffered(in) { // the client may wait for its answers before it says more
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

// lineBuffered reports whether in can give a whole line without reading from the client.
func lineBuffered(in *bufio.Reader) bool {
	come, _ := in.Peek(in.Buffered())
	return bytes.IndexByte(come, '\n') >= 0
}

var errLineTooLong = errors.New("line too long")

// readLine returns the next line without its end. The line is valid until the next call. Of a line
// that is too long, readLine reads everything and keeps nothing. At the end of the stream it
// returns io.EOF and what came last.
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
	fields := strings.Fields(string(line))
	switch {
	case !utf8.Valid(line):
		fmt.Fprintln(out, "? not UTF-8")
	case len(fields) == 0:
		fmt.Fprintln(out, "? an empty line: want a word, or TOP and a number")
	case fields[0] == "TOP":
		t.answerTop(out, strings.Join(fields[1:], " "))
	case len(fields) == 1 && isWord(fields[0]):
		fmt.Fprintln(out, t.Ask(fields[0]))
	case len(fields) == 2 && strings.EqualFold(fields[0], "TOP"):
		fmt.Fprintf(out, "? %s: want TOP in capitals\n", fields[0])
	default:
		fmt.Fprintf(out, "? %.40q is not a word: want one word, or TOP and a number\n", line)
	}
}

func (t *Table) answerTop(out *bufio.Writer, number string) {
	n, err := strconv.ParseUint(number, 10, 8) // Atoi would take +3
	if err != nil || n < 1 || n > maxTop {
		fmt.Fprintf(out, "? TOP %.20q: want a number from 1 to %d\n", number, maxTop)
		return
	}
	for _, asked := range t.Top(int(n)) {
		fmt.Fprintf(out, "%s %d\n", asked.Word, asked.Times)
	}
	fmt.Fprintln(out)
}
