package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// folder is where the exercises are, from the repository's root. The commands in their READMEs name
// it too.
const folder = "docs/exercises"

// An exercise is a row of the table in the README of all exercises.
type exercise struct {
	name                           string // of its folder
	title, chapter, level, minutes string
}

// parseTable returns the exercises in the order of the table in text. The head of the table says
// which column is which.
func parseTable(text string) []exercise {
	row := regexp.MustCompile(`^\[(.+)\]\(([a-z0-9-]+)/README\.md\)$`)
	var all []exercise
	var heads []string
	for line := range strings.Lines(text) {
		line, isRow := strings.CutPrefix(strings.TrimSpace(line), "|")
		if !isRow {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.TrimSuffix(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		link := row.FindStringSubmatch(cells[0])
		if cells[0] == "exercise" {
			heads = cells
		}
		if link == nil {
			continue
		}
		cell := func(head string) string {
			for i := range min(len(heads), len(cells)) {
				if strings.Contains(heads[i], head) {
					return inline(cells[i])
				}
			}
			return ""
		}
		all = append(all, exercise{link[2], inline(link[1]), cell("chapter"), cell("level"), cell("minutes")})
	}
	return all
}

// A lesson is what the README of one exercise says.
type lesson struct {
	task        string   // everything above the first hint
	hints       []string // each with its title
	command     []string // runs the tests, at the repository's root
	explanation string   // of the solution, or nothing where there is none
}

var (
	hint     = regexp.MustCompile(`(?s)<details><summary>(.*?)</summary>(.*?)</details>`)
	command  = regexp.MustCompile(`(?m)^go test .*-tags[ =]exercise .*$`)
	solution = regexp.MustCompile(`(?m)^\[The solution\].*$`)
)

func parseLesson(readme, explanation string) (lesson, error) {
	line := command.FindString(readme)
	if line == "" {
		return lesson{}, errors.New("want a line that begins with go test and has -tags exercise")
	}
	task, _, _ := strings.Cut(solution.ReplaceAllString(readme, ""), "<details>")
	l := lesson{task: plain(task), command: strings.Fields(line), explanation: plain(explanation)}
	for _, m := range hint.FindAllStringSubmatch(readme, -1) {
		l.hints = append(l.hints, plain("# "+m[1]+"\n\n"+strings.TrimSpace(m[2])))
	}
	return l, nil
}

// A course is the exercises of one checkout.
type course struct {
	root string // of the checkout
	all  []exercise
}

// open finds the checkout that the folder dir is in.
func open(dir string) (course, error) {
	for root := dir; ; root = filepath.Dir(root) {
		text, err := os.ReadFile(filepath.Join(root, folder, "README.md"))
		if err == nil {
			return course{root, parseTable(string(text))}, nil
		}
		if root == filepath.Dir(root) {
			return course{}, fmt.Errorf("%s is in no checkout of this repository: want a folder inside it", dir)
		}
	}
}

// dir returns the folder of an exercise.
func (c course) dir(name string) string { return filepath.Join(c.root, folder, name) }

// slow names the exercises whose tests take four times as long with -race. They test whole servers.
var slow = []string{"part1", "part4"}

// lesson reads the README of an exercise and that of its solution.
func (c course) lesson(name string) (lesson, error) {
	readme, err := os.ReadFile(filepath.Join(c.dir(name), "README.md"))
	if err != nil {
		return lesson{}, err
	}
	explanation, err := os.ReadFile(filepath.Join(c.dir(name), "solution", "README.md"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return lesson{}, err
	}
	l, err := parseLesson(string(readme), string(explanation))
	if err != nil {
		return l, fmt.Errorf("%s/%s/README.md: %w", folder, name, err)
	}
	wanted := !slices.Contains(slow, name) && !slices.Contains(l.command, "-race")
	if wanted && detectsRaces() { // an answer without a lock may pass by luck
		l.command = slices.Insert(l.command, 2, "-race")
	}
	return l, nil
}

// edited names the files that the learner edits: those that the solution replaces, or where there is
// no solution, all but the tests.
func (c course) edited(name string) string {
	dir := os.DirFS(c.dir(name))
	found, _ := fs.Glob(dir, "solution/*.go")
	if len(found) == 0 {
		found, _ = fs.Glob(dir, "*.go")
	}
	var files []string
	for _, f := range found {
		if !strings.HasSuffix(f, "_test.go") {
			files = append(files, path.Join(folder, name, path.Base(f)))
		}
	}
	return strings.Join(files, " and ")
}
