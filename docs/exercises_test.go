package docs

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/servertest"
)

const screen, screenWidth = 24, 80 // rows and columns

// rows returns how many rows of a screen the lines of text take.
func rows(text string) (n int) {
	for line := range strings.Lines(text) {
		runes := utf8.RuneCountInString(strings.TrimSuffix(line, "\n"))
		n += 1 + max(runes-1, 0)/screenWidth
	}
	return n
}

// exercises returns the packages of all exercises, relative to this one.
func exercises(t *testing.T) (packages []string) {
	t.Helper()
	solutions, err := filepath.Glob("exercises/*/solution")
	require.NoError(t, err)
	require.NotEmpty(t, solutions)
	for _, solution := range solutions {
		packages = append(packages, "./"+filepath.ToSlash(filepath.Dir(solution)))
	}
	return packages
}

// replaced returns the folders that match pattern within the exercises.
func replaced(t *testing.T, pattern string) []string {
	t.Helper()
	folders, err := filepath.Glob("exercises/*/" + pattern)
	require.NoError(t, err)
	return folders
}

func importPath(exercise string) string { return "example.com/concurrent-servers/docs" + exercise[1:] }

func TestEachExerciseIsListedAndHasItsCommand(t *testing.T) {
	index := read(t, "docs/exercises/README.md")
	heading := regexp.MustCompile(`^# .* ★{1,3}\n`)
	for _, exercise := range exercises(t) {
		assert.Contains(t, index, "("+path.Base(exercise)+"/README.md)")
		readme := read(t, "docs"+exercise[1:]+"/README.md")
		assert.Contains(t, readme, "\ngo test -tags exercise ./docs"+exercise[1:], exercise)
		assert.True(t, heading.MatchString(readme), "%s: the heading names no level, ★ to ★★★", exercise)
	}
}

func TestEachExerciseFailsAsItIsAndPassesWhenSolved(t *testing.T) {
	servertest.Slow(t)
	packages := exercises(t)
	asIs := testPackages(t, packages)
	solved := testPackages(t, packages, "-overlay", overlay(t, replaced(t, "solution")))
	for _, exercise := range packages {
		name := importPath(exercise)
		assertRejected(t, exercise+" as it is", asIs[name])
		assert.Equal(t, "pass", solved[name].verdict, "%s solved:\n%s", exercise, solved[name].output.String())
	}
}

// A stub's output is the first thing that a learner sees of an exercise.
func TestEachExerciseFailsInOneScreen(t *testing.T) {
	servertest.Slow(t)
	args := append([]string{"test", "-count=1", "-tags=exercise"}, exercises(t)...)
	out, err := exec.Command("go", args...).CombinedOutput()
	require.Error(t, err)
	rest := string(out)
	for _, exercise := range exercises(t) {
		verdict := regexp.MustCompile(`(?m)^(FAIL|ok  )\t` + regexp.QuoteMeta(importPath(exercise)) + `\t.*\n`).FindStringIndex(rest)
		require.NotNil(t, verdict, "%s is not tested:\n%s", exercise, rest)
		shown := rest[:verdict[1]]
		rest = rest[verdict[1]:]
		assert.Less(t, rows(shown), screen, "%s prints:\n%s", exercise, shown) // and go test adds FAIL
		assert.Regexp(t, `(?i)\b(client|caller)`, shown, "%s does not say what a client or a caller would see", exercise)
	}
}

func TestEachExerciseRejectsPlausibleWrongAnswers(t *testing.T) {
	servertest.Slow(t)
	wrong := replaced(t, "testdata/*")
	for _, exercise := range exercises(t) {
		isOfExercise := func(answer string) bool { return strings.HasPrefix("./"+filepath.ToSlash(answer), exercise+"/") }
		assert.True(t, slices.ContainsFunc(wrong, isOfExercise), "%s has no wrong answer", exercise)
	}
	for _, round := range rounds(wrong) {
		var packages []string
		for _, answer := range round {
			packages = append(packages, "./"+filepath.ToSlash(filepath.Dir(filepath.Dir(answer))))
		}
		results := testPackages(t, packages, "-overlay", overlay(t, round))
		for i, answer := range round {
			assertRejected(t, answer, results[importPath(packages[i])])
		}
	}
}

// rounds shares out the answers so that each round has at most one for each exercise.
func rounds(answers []string) (all [][]string) {
	count := make(map[string]int) // of answers for an exercise so far
	for _, answer := range answers {
		exercise := filepath.Dir(filepath.Dir(answer))
		if count[exercise] == len(all) {
			all = append(all, nil)
		}
		all[count[exercise]] = append(all[count[exercise]], answer)
		count[exercise]++
	}
	return all
}

// assertRejected checks that the tests reject what they were given, and not the compiler or the clock.
func assertRejected(t *testing.T, what string, got *tested) {
	t.Helper()
	assert.Equal(t, "fail", got.verdict, "%s:\n%s", what, got.output.String())
	assert.False(t, got.broken, "%s does not compile", what)
	assert.NotContains(t, got.output.String(), "panic: test timed out", what)
}

// A tested package is what go test says of it.
type tested struct {
	verdict string // pass, fail or skip
	broken  bool   // it does not compile
	output  bytes.Buffer
}

func testPackages(t *testing.T, packages []string, args ...string) map[string]*tested {
	t.Helper()
	args = append([]string{"test", "-json", "-count=1", "-timeout=1m", "-tags=exercise"}, args...)
	out, err := exec.Command("go", append(args, packages...)...).Output()
	if exit := (*exec.ExitError)(nil); err != nil {
		require.ErrorAs(t, err, &exit) // tests that fail are a result
	}
	results := make(map[string]*tested)
	for line := range bytes.Lines(out) {
		var event struct{ Action, Package, Test, Output, FailedBuild string }
		require.NoError(t, json.Unmarshal(line, &event), "%s", line)
		if event.Package == "" {
			continue
		}
		result := results[event.Package]
		if result == nil {
			result = new(tested)
			results[event.Package] = result
		}
		result.output.WriteString(event.Output)
		result.broken = result.broken || event.FailedBuild != ""
		if event.Test == "" {
			result.verdict = event.Action // the last one counts
		}
	}
	require.Len(t, results, len(packages), "%s", out)
	return results
}

// overlay is a file that puts solutions or other answers in the place of what the learner edits.
func overlay(t *testing.T, answers []string) string {
	t.Helper()
	replace := make(map[string]string)
	for _, answer := range answers {
		files, err := filepath.Glob(filepath.Join(answer, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, answer)
		exercise := filepath.Join("exercises", strings.Split(filepath.ToSlash(answer), "/")[1])
		for _, file := range files {
			to, err := filepath.Abs(file)
			require.NoError(t, err)
			from, err := filepath.Abs(filepath.Join(exercise, filepath.Base(file)))
			require.NoError(t, err)
			require.FileExists(t, from)
			replace[from] = to
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

var (
	exerciseRow  = regexp.MustCompile(`(?m)^\| (\[[^\]]+\]\([a-z0-9]+/README\.md\)) \| \[(\d+)\]\([^)]*\) \| (★+) \|`)
	exerciseItem = regexp.MustCompile(`(?m)^- (★+) (\[[^\]]+\])\(exercises/([a-z0-9]+/README\.md)\)`)
)

// Each exercise stands in a chapter, with the title and the level that the table gives it.
func TestChaptersNameTheirExercisesAsTheTableDoes(t *testing.T) {
	var table, named []string
	for _, row := range exerciseRow.FindAllStringSubmatch(read(t, "docs/exercises/README.md"), -1) {
		table = append(table, row[2]+" "+row[3]+" "+row[1])
	}
	for _, chapter := range chapters(t) {
		number, _, _ := strings.Cut(chapter, "-")
		for _, item := range exerciseItem.FindAllStringSubmatch(read(t, "docs/"+chapter), -1) {
			named = append(named, number+" "+item[1]+" "+item[2]+"("+item[3]+")")
		}
	}
	assert.NotEmpty(t, table)
	assert.ElementsMatch(t, table, named)
}
