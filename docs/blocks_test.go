package docs

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the sources and commands say now into the texts")

// A block is a fenced block of a text. What stands behind its language says where it comes from:
//
//	go FILE             the whole file
//	go FILE NAME        the declaration of NAME in FILE
//	diff FILE FILE      the difference between two files
//	console alone       a command, and what it prints
//	console slow        the same, if it takes long: it runs with -slow only
//	console haproxy     the same, if it also needs HAProxy, and whatever its figures are
//	console with PART   the same, while that part runs
//	haproxy FILE NAME   the section of that name in HAProxy's configuration
//
// In a transcript, a line with nothing but … stands for any number of lines.
type block struct {
	path  string // of the text, from the root
	line  int    // of its first line within the text, from 1
	words []string
	body  string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.path, b.line) }

// blocks returns all blocks of all texts whose language is one of those given, and that say where they come from. Of a
// text the last comes first: what is written into it does not move those that are still to be checked.
func blocks(t *testing.T, languages ...string) []block {
	t.Helper()
	var all []block
	for _, path := range texts(t) {
		for _, b := range slices.Backward(parse(path, read(t, path))) {
			for _, language := range languages {
				if len(b.words) > 1 && b.words[0] == language {
					all = append(all, b)
				}
			}
		}
	}
	return all
}

// A slip in what stands behind the fence would take a block out of all checks.
func TestEveryBlockIsOfAKindThatIsKnown(t *testing.T) {
	for _, path := range texts(t) {
		for _, b := range parse(path, read(t, path)) {
			switch {
			case len(b.words) > 1:
				assert.Contains(t, []string{"go", "diff", "console", "haproxy"}, b.words[0], "%v: nothing checks such a block", b)
			case len(b.words) == 1:
				assert.Contains(t, []string{"sh", "go", "console"}, b.words[0], "%v: no such language here", b)
			}
			if strings.HasPrefix(path, "docs/") && strings.HasPrefix(b.body, "$ go run") {
				assert.Greater(t, len(b.words), 1, "%v: want console with how it is checked", b)
			}
		}
	}
}

func parse(path, text string) []block {
	var all []block
	var open *block
	for i, line := range strings.SplitAfter(text, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			open = &block{path: path, line: i + 2, words: strings.Fields(info)}
		case fence:
			all = append(all, *open)
			open = nil
		case open != nil:
			open.body += line
		}
	}
	return all
}

// check fails the test if the block is not what it should be, or with -update makes it so.
func check(t *testing.T, b block, want string) {
	t.Helper()
	if b.body == want {
		return
	}
	if !*update {
		t.Errorf("%v: this block (%s) is not what it should be now.\n\nin the text:\n%s\nnow:\n%s\ngo test ./docs -update writes it into the text",
			b, strings.Join(b.words, " "), b.body, want)
		return
	}
	text := read(t, b.path)
	lines := strings.SplitAfter(text, "\n")
	before := strings.Join(lines[:b.line-1], "")
	require.True(t, strings.HasPrefix(text[len(before):], b.body), "%v has moved", b)
	text = before + want + text[len(before)+len(b.body):]
	require.NoError(t, os.WriteFile(filepath.Join(root, b.path), []byte(text), 0o644))
}
