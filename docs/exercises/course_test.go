package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheTableSaysTheOrder(t *testing.T) {
	const row = "| [Write the `decoder`](decoder/README.md) |"
	for name, test := range map[string]struct {
		text string
		want []exercise
	}{
		"as it was": {
			"| exercise | for chapter | minutes |\n|---|---|---|\n" + row + " [1](../1-protocol.md) | 15 |\n| [Ask](ask/README.md) | [1](../1.md) | 20 |\n",
			[]exercise{{"decoder", "Write the `decoder`", "1", "", "15"}, {"ask", "Ask", "1", "", "20"}},
		},
		"other columns": {
			"| exercise | minutes | level | chapter |\n|---|---|---|---|\n" + row + " 15 | ★★ | 1 |\n",
			[]exercise{{"decoder", "Write the `decoder`", "1", "★★", "15"}},
		},
		"a short row":       {"| exercise | minutes | level |\n" + row + " 15 |\n", []exercise{{"decoder", "Write the `decoder`", "", "", "15"}}},
		"two tables":        {"| exercise | level |\n" + row + " ★ |\n\n## More\n\n| exercise | minutes |\n| [B](b/README.md) | 5 |\n", []exercise{{"decoder", "Write the `decoder`", "", "★", ""}, {"b", "B", "", "", "5"}}},
		"no exercise":       {"| exercise |\n| [Elsewhere](../1-protocol.md) |\nSee [one](one/README.md).\n", nil},
		"a row and no head": {row + " 15 |\n", []exercise{{name: "decoder", title: "Write the `decoder`"}}},
	} {
		assert.Equal(t, test.want, parseTable(test.text), name)
	}
}

const readme = `# Add two numbers

See [chapter 1](../1.md).
Then write **Sum**.

` + "```sh\ngo test -race -tags exercise ./docs/exercises/sum\n```" + `

<details><summary>Hint 1</summary>

What is *plus*?

</details>

<details><summary>Hint 2</summary>

- One.
- Two.

</details>

[The solution](solution/README.md), when you have yours.
`

func TestAReadmeHasATaskAndACommandAndHints(t *testing.T) {
	l, err := parseLesson(readme, "# A solution\n\nBecause.\n")
	require.NoError(t, err)
	assert.Equal(t, lesson{
		task:        "Add two numbers\n\nSee chapter 1. Then write Sum.\n\n    go test -race -tags exercise ./docs/exercises/sum",
		hints:       []string{"Hint 1\n\nWhat is *plus*?", "Hint 2\n\n- One.\n- Two."},
		command:     []string{"go", "test", "-race", "-tags", "exercise", "./docs/exercises/sum"},
		explanation: "A solution\n\nBecause.",
	}, l)
	bare, _, _ := strings.Cut(readme, "<details>")
	l, err = parseLesson(bare+"[The solution](solution/README.md).\n", "")
	require.NoError(t, err)
	assert.Empty(t, l.hints)
	assert.NotContains(t, l.task, "solution")
	_, err = parseLesson(strings.Replace(readme, "-tags exercise ", "", 1), "") // nothing would be tested
	assert.ErrorContains(t, err, "-tags exercise")
}

func TestMarkdownIsShownWithoutItsMarks(t *testing.T) {
	long := strings.Repeat("words ", 20)
	for name, test := range map[string]struct{ text, want string }{
		"a link":            {"See [the **bold** one](a/b.md#c), ![a picture](x.svg).", "See the bold one, a picture."},
		"a sentence a line": {"One.\nTwo.\n\nThree.", "One. Two.\n\nThree."},
		"code":              {"```go x.go F\nfunc F() {\n\n\treturn **p // [a](b)\n}\n```", "    func F() {\n\n    \treturn **p // [a](b)\n    }"},
		"a table":           {"| a | b |\n|---|---|\n| " + long + "|", "| a | b |\n|---|---|\n| " + long + "|"},
		"a long item":       {"- " + long + "\n1. one\n   more", "- " + strings.TrimSpace(strings.Repeat("words ", 13)) + "\n  " + strings.TrimSpace(strings.Repeat("words ", 7)) + "\n1. one more"},
	} {
		assert.Equal(t, test.want, plain(test.text), name)
	}
}

func TestAResultIsCutToTheScreen(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		columns int
		rows    int
		shown   string
		left    int
	}{
		"it fits":     {"a\nb\n", 80, 2, "a\nb", 0},
		"too long":    {"a\nb\nc\n", 80, 2, "a\nb", 1},
		"no room":     {"a\nb\nc\n", 80, -3, "a", 2},
		"narrow":      {strings.Repeat("ä", 79) + "\nb", 40, 2, strings.Repeat("ä", 79), 1},
		"wide":        {strings.Repeat("ä", 161) + "\nb", 200, 2, strings.Repeat("ä", 161) + "\nb", 0},
		"a line of 3": {strings.Repeat("ä", 161) + "\nb\nc", 80, 4, strings.Repeat("ä", 161) + "\nb", 1},
		"tabs":        {strings.Repeat("\t", 11) + "\nb", 80, 2, strings.Repeat("\t", 11), 1},
	} {
		shown, left := cut(test.text, test.columns, test.rows)
		assert.Equal(t, test.shown, shown, name)
		assert.Equal(t, test.left, left, name)
	}
}

// sum is a course in a folder of its own, whose path has spaces and brackets. Its first exercise is sum.
func sum(t *testing.T) course {
	root := filepath.Join(t.TempDir(), "a [check] out")
	for name, text := range map[string]string{
		"go.mod":                           "module example.com/sum\n\ngo 1.26.0\n",
		folder + "/README.md":              "| exercise | level | minutes | chapter |\n|---|---|---|---|\n| [Add](sum/README.md) | ★ | 5 | 1 |\n| [More](more/README.md) | ★★★ | 10 | 12 |\n",
		folder + "/sum/README.md":          strings.Replace(readme, "-race ", "", 1),
		folder + "/sum/sum.go":             stub,
		folder + "/sum/sum_test.go":        "//go:build exercise\n\npackage sum\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 2) != 3 {\n\t\tt.Error(\"1 and 2 are 3\")\n\t}\n}\n",
		folder + "/sum/solution/sum.go":    solved,
		folder + "/sum/solution/README.md": "# A solution\n\nBecause it adds.\n",
		folder + "/more/README.md":         "# More\n\n```sh\ngo test -tags exercise ./docs/exercises/more\n```\n",
		folder + "/more/more.go":           "package more\n",
	} {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	c, err := open(filepath.Join(root, folder, "sum")) // anywhere inside
	require.NoError(t, err)
	require.Equal(t, root, c.root)
	return c
}

const (
	stub   = "package sum\n\nfunc Sum(a, b int) int { return 0 }\n"
	solved = "package sum\n\nfunc Sum(a, b int) int { return a + b }\n"
)

// save replaces a file of an exercise, as editors do.
func (c course) save(t *testing.T, file, text string) {
	t.Helper()
	beside := filepath.Join(c.root, folder, file+"~")
	require.NoError(t, os.WriteFile(beside, []byte(text), 0o644))
	require.NoError(t, os.Rename(beside, filepath.Join(c.root, folder, file)))
}

func TestTheListSaysWhatIsSolvedAndWhatIsNext(t *testing.T) {
	c := sum(t)
	const head = "   name  chapter  level  min  task\n"
	const legend = "\n✓ solved  → next  · open\n\n"
	for _, test := range []struct {
		solve, want string
	}{
		{"", head + "→  sum   1        ★      5    Add\n·  more  12       ★★★    10   More\n" + legend + "0 of 2 exercises are solved. Start the next one, sum, with:\ngo run ./docs/exercises next\n"},
		{"sum", head + "✓  sum   1        ★      5    Add\n→  more  12       ★★★    10   More\n" + legend + "1 of 2 exercises are solved. Start the next one, more, with:\ngo run ./docs/exercises next\n"},
		{"more", head + "✓  sum   1        ★      5    Add\n✓  more  12       ★★★    10   More\n" + legend + "2 of 2 exercises are solved.\n"},
	} {
		if test.solve != "" {
			print, err := c.fingerprint(test.solve)
			require.NoError(t, err)
			require.NoError(t, c.remember(test.solve, print, true))
		}
		var out strings.Builder
		require.NoError(t, c.list(&out, false))
		assert.Equal(t, test.want, out.String())
	}
}

func TestTheExercisesOfTheBookFit(t *testing.T) {
	dir, err := os.Getwd()
	require.NoError(t, err)
	c, err := open(dir)
	require.NoError(t, err)
	require.NotEmpty(t, c.all)
	for _, e := range c.all {
		l, err := c.lesson(e.name)
		require.NoError(t, err, e.name)
		assert.Equal(t, "./"+folder+"/"+e.name, l.command[len(l.command)-1])
		text, err := os.ReadFile(filepath.Join(c.dir(e.name), "README.md"))
		require.NoError(t, err)
		assert.Len(t, l.hints, strings.Count(string(text), "<details"), e.name)
		assert.NotEmpty(t, c.edited(e.name), e.name)
		assert.NotEmpty(t, e.chapter, e.name)
		assert.NotEmpty(t, e.minutes, e.name)
	}
	var out strings.Builder
	require.NoError(t, c.list(&out, false))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line)-1, width, line)
	}
}
