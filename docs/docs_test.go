// Package docs holds the texts. Its tests keep them, and the promises that they make about the code, true.
package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/timeline"
)

const root = ".."

// texts returns the paths of all Markdown files, from the root.
func texts(t *testing.T) []string {
	t.Helper()
	var paths []string
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if d.IsDir() && strings.HasPrefix(d.Name(), ".git") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	}))
	require.NotEmpty(t, paths)
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(text)
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noSlug  = regexp.MustCompile(`[^\pL\pN _-]`)
)

// anchors are the names that GitHub gives to the headings of a text.
func anchors(text string) []string {
	var names []string
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		slug := noSlug.ReplaceAllString(strings.ToLower(h[1]), "")
		names = append(names, strings.ReplaceAll(slug, " ", "-"))
	}
	return names
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, path := range texts(t) {
		text := read(t, path)
		for _, m := range link.FindAllStringSubmatchIndex(text, -1) {
			to := text[m[2]:m[3]]
			if strings.Contains(to, "://") {
				continue // another's page is not ours to keep
			}
			file, anchor, _ := strings.Cut(to, "#")
			target := filepath.Join(filepath.Dir(path), file)
			if file == "" {
				target = path
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", place(path, text, m[0]), to)
			} else if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s links to %s, which has no such heading", place(path, text, m[0]), to)
			}
		}
	}
}

// place names a place in a text as an editor takes it: file and line.
func place(path, text string, offset int) string {
	return fmt.Sprintf("%s:%d", path, 1+strings.Count(text[:offset], "\n"))
}

var parts = []string{"part1-sequential", "part2-threaded", "part3-pool", "part4-bounded-accept"}

// changed counts the lines that a difference has.
func changed(a, b []string) int {
	n := 0
	for _, line := range edits(a, b) {
		if line[0] != ' ' {
			n++
		}
	}
	return n
}

func TestTheDifferenceBetweenPartsIsTheLesson(t *testing.T) {
	lines := func(part string) []string { return strings.Split(read(t, part+"/main.go"), "\n") }
	for _, part := range parts {
		assert.LessOrEqual(t, len(lines(part)), 50, part)
	}
	assert.LessOrEqual(t, changed(lines(parts[0]), lines(parts[1])), 8)
	assert.LessOrEqual(t, changed(lines(parts[1]), lines(parts[3])), 12)
}

func TestTheReadmeNamesEveryPartAndTheTestCommand(t *testing.T) {
	readme := read(t, "README.md")
	for _, part := range parts {
		assert.Contains(t, readme, fmt.Sprintf("](%s/main.go)", part))
	}
	assert.Contains(t, readme, "\ngo test work\n")
}

// The transcript in the README ends in a chart. This one has its lanes, to the tenth of a second.
func TestTheReadmesChartIsWhatTheClientDraws(t *testing.T) {
	const served = 2200 * time.Millisecond
	var chart strings.Builder
	require.NoError(t, timeline.Text(&chart, timeline.Size{Width: 80}, false, timeline.Chart{Lanes: []timeline.Lane{
		{Name: "conn0", Served: served},
		{Name: "conn1", Served: served},
		{Name: "conn2", Waited: served, Served: served},
	}}))
	assert.Contains(t, read(t, "README.md"), chart.String())
}
