package docs

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
)

// programs are the commands that the texts speak of and that have help, by the folders from which we run them.
var programs = append([]string{"docs/exercises", "scripts/client", "scripts/lab", "scripts/failover", "scripts/designs/refusing", "scripts/designs/shedding"}, parts...)

var built struct {
	sync.Once
	bin string
	err error
}

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "6") // transcripts mostly wait, so more of them run at once than there are processors
	status := m.Run()
	if built.bin != "" {
		os.RemoveAll(built.bin)
	}
	os.Exit(status)
}

// program returns the path of a command. The first call builds all of them.
func program(t *testing.T, folder string) string {
	t.Helper()
	built.Do(func() {
		built.err = errors.New("the programs could not be built") // what is said below ends this test only
		bin, err := process.TempDir()
		require.NoError(t, err)
		built.bin = bin
		args := []string{atAddress(t, built.bin, "127.0.0.1:0", "docs/first", "docs/wrong/bare")}
		for _, p := range append(lessons(t), programs...) {
			args = append(args, "./"+p)
		}
		built.err = process.Build(context.Background(), built.bin, root, args...)
	})
	require.NoError(t, built.err)
	require.Contains(t, append(lessons(t), programs...), folder)
	return process.Path(built.bin, filepath.Base(folder))
}

var helpFlag = regexp.MustCompile(`(?m)^ +-([a-z-]+)`)

// flags are all that a command, or one of the lab's experiments, knows, by its own help.
func flags(t *testing.T, folder string, args ...string) map[string]bool {
	t.Helper()
	help := output(t, exec.CommandContext(within(t), program(t, folder), append(args, "-h")...))
	known := map[string]bool{"h": true}
	for _, m := range helpFlag.FindAllStringSubmatch(help, -1) {
		known[m[1]] = true
	}
	return known
}

// experiments are the names that the lab lists.
func experiments(t *testing.T) []string {
	t.Helper()
	list := output(t, exec.CommandContext(within(t), program(t, "scripts/lab")))
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+(?:-[a-z]+)*)  +\S`).FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	require.NotEmpty(t, names)
	return names
}

var (
	goRun    = regexp.MustCompile("go run (?:-race |-tags racy )*\\./([a-z0-9/-]+)([^`#\n|&]*)")
	flagWord = regexp.MustCompile(`(?:^|\s)-([a-z][a-z-]*)`)
)

func TestCommandsInTheTextsExistWithTheirFlags(t *testing.T) {
	names := append(experiments(t), "all", "doctor")
	all := append(lessons(t), programs...)
	known := make(map[string]map[string]bool) // the flags of a command, asked for once
	for _, path := range texts(t) {
		text := read(t, path)
		for _, m := range goRun.FindAllStringSubmatchIndex(text, -1) {
			at, folder, args := place(path, text, m[0]), text[m[2]:m[3]], text[m[4]:m[5]]
			if folder == "part5-mine" {
				continue // the reader's own
			}
			if !slices.Contains(all, folder) {
				t.Errorf("%s: there is no command ./%s", at, folder)
				continue
			}
			var of []string
			if words := strings.Fields(args); folder == "scripts/lab" && len(words) > 0 && !strings.HasPrefix(words[0], "-") && words[0] != "NAME" {
				if of = words[:1]; !slices.Contains(names, words[0]) {
					t.Errorf("%s: there is no experiment %s", at, words[0])
					continue
				}
			}
			command := strings.Join(append([]string{folder}, of...), " ")
			for _, f := range flagWord.FindAllStringSubmatch(args, -1) {
				if known[command] == nil {
					known[command] = flags(t, folder, of...)
				}
				if !known[command][f[1]] {
					t.Errorf("%s: there is no flag -%s of %s", at, f[1], command)
				}
			}
		}
	}
}

// The help of a command names all its flags, and the transcripts are checked. So it is enough that no help is missing.
func TestTheHelpOfEveryCommandAndExperimentIsInTheTexts(t *testing.T) {
	shown := make(map[string]bool)
	for _, b := range blocks(t, "console") {
		command, _, _ := strings.Cut(b.body, "\n")
		shown[command] = !strings.Contains(b.body, "\n…\n")
	}
	var commands []string
	for _, folder := range programs {
		commands = append(commands, folder)
	}
	for _, name := range append(experiments(t), "all", "doctor") {
		commands = append(commands, "scripts/lab "+name)
	}
	for _, command := range commands {
		assert.True(t, shown["$ go run ./"+command+" -h"], "the whole help of %s is in no text", command)
	}
}

func TestTheReadmeCountsTheExperiments(t *testing.T) {
	assert.Contains(t, read(t, "README.md"), fmt.Sprintf("lists %d claims", len(experiments(t))))
}
