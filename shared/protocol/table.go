package protocol

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// opticks is the first part of the first book of Isaac Newton's Opticks, fourth edition, London
// 1730. Newton died in 1727, so the text is in the public domain everywhere.
//
//go:embed opticks.txt
var opticks []byte

// maxCorpus bounds the time and the memory that a table takes. All of Shakespeare is a third of it.
const maxCorpus = 16 << 20

// A Table holds how often each word stands in a corpus, and how often clients asked for it. All
// conversations share one table. The frequencies never change, so they need no lock. Every client
// writes the tally of questions, so that needs one.
//
// A word is a run of letters, marks that belong to them, and apostrophes inside. Everything else
// ends it, digits and hyphens too. Words that differ only in case (by Unicode's simple case
// folding) or in the form of their apostrophe are the same word. A letter with a mark can be one
// character or two (NFC and NFD in Unicode); words that differ in that are two words.
type Table struct {
	entries []entry        // the most frequent first; read-only
	index   map[string]int // the place in entries of each folded word; read-only

	mu    tallyLock
	asked []int // how often for each entry; guarded by mu
}

type entry struct {
	word  string // folded
	count int
}

// An Asked is a word and how often clients asked for it.
type Asked struct {
	Word  string
	Times int
}

// LoadTable counts the words of the file called name, or of a built-in text if name is "". It
// returns an error if the file is not a regular file, is larger than 16 MiB, is not text in UTF-8,
// or has no word.
func LoadTable(name string) (*Table, error) {
	if name == "" {
		return newTable(opticks)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // reading a device may never end
		return nil, fmt.Errorf("%s: not a file", name)
	case info.Size() > maxCorpus:
		return nil, fmt.Errorf("%s: more than %d MiB, want a shorter text", name, maxCorpus>>20)
	}
	corpus, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	t, err := newTable(corpus)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

func newTable(corpus []byte) (*Table, error) {
	if !utf8.Valid(corpus) || bytes.IndexByte(corpus, 0) >= 0 {
		return nil, errors.New("not text in UTF-8")
	}
	counts := make(map[string]int)
	for run := range strings.FieldsFuncSeq(string(corpus), endsWord) {
		if word := fold(strings.Trim(run, "'’")); word != "" {
			counts[strings.Clone(word)]++ // without Clone, the word would keep the whole corpus in memory
		}
	}
	if len(counts) == 0 {
		return nil, errors.New("no word in it, that is, no letter")
	}
	t := &Table{index: make(map[string]int, len(counts)), asked: make([]int, len(counts))}
	for word, count := range counts {
		t.entries = append(t.entries, entry{word, count})
	}
	slices.SortFunc(t.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.word, b.word))
	})
	for i, e := range t.entries {
		t.index[e.word] = i
	}
	return t, nil
}

// Len returns how many different words t knows.
func (t *Table) Len() int { return len(t.entries) }

// Ask returns how often word stands in the corpus, and counts the question. It does not count
// questions for words that are not in the corpus, because clients could fill the memory with them.
func (t *Table) Ask(word string) int {
	i, known := t.index[fold(word)]
	if !known {
		return 0
	}
	t.mu.Lock()
	t.asked[i]++
	t.mu.Unlock()
	return t.entries[i].count
}

// Top returns the n words that clients asked for most often so far, or all words if t knows fewer.
// Among words asked for equally often, or never, the more frequent one comes first.
func (t *Table) Top(n int) []Asked {
	top := make([]Asked, t.Len())
	t.mu.Lock()
	for i, times := range t.asked {
		top[i] = Asked{t.entries[i].word, times}
	}
	t.mu.Unlock() // sorting under the lock would keep the others waiting
	slices.SortStableFunc(top, func(a, b Asked) int { return cmp.Compare(b.Times, a.Times) })
	return top[:min(n, len(top))]
}

// endsWord reports whether r cannot be in a word.
func endsWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
}

// isWord reports whether s is one word and nothing else.
func isWord(s string) bool {
	return strings.Trim(s, "'’") == s && !strings.ContainsFunc(s, endsWord)
}

// fold returns the form in which the table keeps a word: in lower case, with straight apostrophes.
func fold(word string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		switch {
		case r == '’':
			return '\''
		case unicode.SimpleFold(r) == r:
			return r // it has no other case
		}
		return unicode.ToLower(least)
	}, word)
}
