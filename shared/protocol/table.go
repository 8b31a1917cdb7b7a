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

// opticks is the first part of the first book of Isaac Newton's Opticks, fourth edition, London 1730. Its author
// died in 1727, so it is in the public domain everywhere.
//
//go:embed opticks.txt
var opticks []byte

// A Table holds how often each word stands in a corpus, and how often clients have asked for it. All
// conversations share one. The frequencies never change, so they need no lock; the tally of questions is written by every
// client, so it does.
//
// A word goes on for as long as there are letters, marks that belong to them, and apostrophes, with which it neither
// begins nor ends; anything else, a digit or a hyphen too, ends it. Words that differ only in case (by Unicode's
// simple case folding), or in the form of their apostrophe, are the same.
type Table struct {
	entries []entry        // the most frequent first; read-only
	index   map[string]int // where in entries a folded word stands; read-only

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

// LoadTable counts the words of the file called name, or of a text that is built in if name is "". A file that
// is no text in UTF-8, or has no word in it, is an error.
func LoadTable(name string) (*Table, error) {
	corpus := opticks
	if name != "" {
		info, err := os.Stat(name)
		if err == nil && !info.Mode().IsRegular() { // a device could be read for ever
			err = fmt.Errorf("%s: not a file", name)
		}
		if err == nil {
			corpus, err = os.ReadFile(name)
		}
		if err != nil {
			return nil, err
		}
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
	for _, run := range strings.FieldsFunc(string(corpus), func(r rune) bool { return !inWord(r) && r != '\'' && r != '’' }) {
		if word := fold(strings.Trim(run, "'’")); word != "" {
			counts[strings.Clone(word)]++ // a part of the corpus would keep all of it in memory
		}
	}
	if len(counts) == 0 {
		return nil, errors.New("there is no word in it, that is, no letter")
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

// Len is how many different words t knows.
func (t *Table) Len() int { return len(t.entries) }

// Ask returns how often word stands in the corpus, and remembers that it was asked for. Words that are not in
// the corpus are not remembered, or clients could fill the memory with them.
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

// Top returns the n words asked for most often so far, or all words if t has fewer. Among words asked for equally
// often, or never, the more frequent one comes first.
func (t *Table) Top(n int) []Asked {
	t.mu.Lock()
	asked := slices.Clone(t.asked) // to sort under the lock would keep the others waiting
	t.mu.Unlock()

	order := make([]int, len(asked))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(asked[b], asked[a]), cmp.Compare(a, b))
	})
	var top []Asked
	for _, i := range order[:min(n, len(order))] {
		top = append(top, Asked{t.entries[i].word, asked[i]})
	}
	return top
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }

// isWord says whether s is one word and nothing else.
func isWord(s string) bool {
	if strings.Trim(s, "'’") != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !inWord(r) && r != '\'' && r != '’' })
}

// fold maps all words that are the same to one of them, in lower case where there is one.
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
