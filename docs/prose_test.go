package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever reads English as a second language should need to read a sentence once. A longer one must be split.
const longestSentence = 35

var (
	fenced   = regexp.MustCompile("(?ms)^(?:> )?```.*?^(?:> )?```$")
	inline   = regexp.MustCompile("`[^`\n]+`")
	picture  = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	linkTo   = regexp.MustCompile(`\]\([^)]*\)`)
	tag      = regexp.MustCompile(`</?[a-z]+>`)
	sentence = regexp.MustCompile(`.+?(?:[.!?]+["*)]*(?:\s|$)|$)`)
	word     = regexp.MustCompile(`[\pL\pN]\S*`)

	// unplain are habits that the style drops. They make a reader read twice.
	unplain = regexp.MustCompile(`(?i)\b(?:whom|whomever|heed(?:s|ed)?|be it|to count is|(?:as|how|if|that|what|where|which) one (?:can|needs|must|would))\b`)
)

// prose returns a text without its code, pictures and tables. Inline code counts as one word.
func prose(text string) string {
	text = picture.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	text = tag.ReplaceAllString(linkTo.ReplaceAllString(inline.ReplaceAllString(text, "code"), "]"), "")
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimPrefix(line, "> "), "|") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// sentences returns the sentences of a text. A line holds whole sentences.
func sentences(text string) []string {
	var all []string
	for line := range strings.Lines(prose(text)) {
		for _, s := range sentence.FindAllString(line, -1) {
			if s = strings.TrimSpace(s); s != "" {
				all = append(all, s)
			}
		}
	}
	return all
}

func words(text string) int { return len(word.FindAllString(text, -1)) }

func chapters(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("[0-9]*-*.md")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return paths
}

func TestAChapterIsReadInOneSitting(t *testing.T) {
	for _, path := range chapters(t) {
		n := words(prose(read(t, "docs/"+path)))
		assert.True(t, 1500 <= n && n <= 2200, "%s has %d words without its code and tables: want 1,500 to 2,200", path, n)
	}
}

func TestTheReadmeIsReadInAFewMinutes(t *testing.T) {
	assert.LessOrEqual(t, strings.Count(read(t, "README.md"), "\n"), 150)
}

func TestSentencesAreShortAndPlain(t *testing.T) {
	for _, path := range texts(t) {
		for _, s := range sentences(read(t, path)) {
			assert.LessOrEqual(t, words(s), longestSentence, "%s: split this sentence: %s", path, s)
			assert.False(t, unplain.MatchString(s), "%s: say this in plain words: %s", path, s)
		}
	}
}

func TestALongSentenceIsFound(t *testing.T) {
	text := "One two `three four`. Five, [six](seven) takes 2.2 s.\n```go\nnot this. or that\n```\n| nor this |\nNine?\n"
	assert.Equal(t, []string{"One two code.", "Five, [six] takes 2.2 s.", "Nine?"}, sentences(text))
	assert.Equal(t, 3, words("One two code."))
	assert.Greater(t, words(sentences("It says 2.2 s" + strings.Repeat(": and on", longestSentence))[0]), longestSentence)
	assert.True(t, unplain.MatchString("Whom nobody serves waits."))
	assert.False(t, unplain.MatchString("No one knows, and two know."), "a person is meant")
}
