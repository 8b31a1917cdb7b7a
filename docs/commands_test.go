package docs

import (
	"context"
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

// programs are the commands that the texts speak of, by the folders from which one runs them.
var programs = append([]string{"scripts/client", "scripts/lab", "scripts/failover"}, parts...)

var built struct {
	sync.Once
	bin string
	err error
}

func TestMain(m *testing.M) {
	flag.Set("test.parallel", "6") // a transcript is mostly waiting: more of them at once than there are processors
	status := m.Run()
	if built.bin != "" {
		os.RemoveAll(built.bin)
	}
	os.Exit(status)
}

// program returns the path of a command, and builds all of them when the first is needed.
func program(t *testing.T, folder string) string {
	t.Helper()
	built.Do(func() {
		var packages []string
		for _, p := range programs {
			packages = append(packages, "./"+p)
		}
		if built.bin, built.err = os.MkdirTemp("", "concurrent-servers-docs-"); built.err == nil {
			built.err = process.Build(context.Background(), built.bin, root, packages...)
		}
	})
	require.NoError(t, built.err)
	require.Contains(t, programs, folder)
	return process.Path(built.bin, filepath.Base(folder))
}

var helpFlag = regexp.MustCompile(`(?m)^ +-([a-z-]+)`)

// flags are all that a command, or one of the lab's experiments, knows, by its own help.
func flags(t *testing.T, folder string, args ...string) map[string]bool {
	t.Helper()
	help, err := exec.Command(program(t, folder), append(args, "-h")...).Output()
	require.NoError(t, err, "%s %q", folder, args)
	known := map[string]bool{"h": true}
	for _, m := range helpFlag.FindAllStringSubmatch(string(help), -1) {
		known[m[1]] = true
	}
	return known
}

// experiments are the names that the lab lists.
func experiments(t *testing.T) []string {
	t.Helper()
	list, err := exec.Command(program(t, "scripts/lab")).Output()
	require.NoError(t, err)
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+(?:-[a-z]+)*)  +\S`).FindAllStringSubmatch(string(list), -1) {
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
	known := make(map[string]map[string]bool) // the flags of a command, asked for once
	for _, path := range texts(t) {
		text := read(t, path)
		for _, m := range goRun.FindAllStringSubmatchIndex(text, -1) {
			at, folder, args := place(path, text, m[0]), text[m[2]:m[3]], text[m[4]:m[5]]
			if folder == "part5-mine" {
				continue // the reader's own
			}
			if !slices.Contains(programs, folder) {
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
			if known[command] == nil {
				known[command] = flags(t, folder, of...)
			}
			for _, f := range flagWord.FindAllStringSubmatch(args, -1) {
				if !known[command][f[1]] {
					t.Errorf("%s: there is no flag -%s of %s", at, f[1], command)
				}
			}
		}
	}
}

// The help of each command names all its flags, and the transcripts are checked. So it is enough that all are there.
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

// run returns what a command line, as a text shows it behind "$ ", prints on both outputs; extra goes to its end. An
// experiment that asks to be run again, since the machine was busy, is.
func run(t *testing.T, line string, extra ...string) string {
	t.Helper()
	words := strings.Fields(line)
	require.Greater(t, len(words), 2, line)
	require.Equal(t, []string{"go", "run"}, words[:2], "only go run can be checked: %s", line)
	for tries := 3; ; tries-- {
		command := exec.Command(program(t, strings.TrimPrefix(words[2], "./")), append(words[3:], extra...)...)
		command.Dir = root
		out, err := command.CombinedOutput()
		if err == nil || tries == 1 || !strings.Contains(string(out), "run it again") {
			require.NoError(t, err, "%s\n%s", line, out)
			return string(out)
		}
	}
}

// serving starts a part and returns where it listens, as the client takes it: host and port.
func serving(t *testing.T, part string) []string {
	t.Helper()
	s, err := process.Start(t.Context(), program(t, part), "-addr", "127.0.0.1:0", "-debug", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Stop()) })
	host, port, _ := strings.Cut(s.Addr, ":")
	return []string{host, port}
}

func TestTranscriptsAreWhatTheCommandsPrint(t *testing.T) {
	for _, b := range blocks(t, "console") {
		t.Run(b.String(), func(t *testing.T) {
			slowly := b.words[1] == "slow" || b.words[1] == "haproxy"
			if slowly && !*slow && !*update {
				t.Skip("it takes long; -slow runs it, as CI does")
			}
			if _, err := exec.LookPath("haproxy"); err != nil && b.words[1] == "haproxy" {
				t.Skip("haproxy is not installed")
			}
			if !slowly && !*update {
				t.Parallel() // they wait, or compute little; the slow ones measure, and want the machine to themselves
			}
			command, shown, _ := strings.Cut(b.body, "\n")
			line, isCommand := strings.CutPrefix(command, "$ ")
			require.True(t, isCommand, "want a command behind a $")
			var extra []string
			switch {
			case b.words[1] == "alone", slowly:
			case b.words[1] == "with" && len(b.words) == 3:
				extra = serving(t, b.words[2])
			default:
				t.Fatalf("console %s: want alone, slow, haproxy, or with a part", strings.Join(b.words[1:], " "))
			}
			printed := strings.TrimLeft(run(t, line, extra...), "\n")
			if same(shown, printed) {
				return
			}
			if b.words[1] == "haproxy" && figure.ReplaceAllString(normal(shown), "N") == figure.ReplaceAllString(normal(printed), "N") {
				return // how many conversations there were; how many may fail, the command itself judges
			}
			check(t, b, command+"\n"+printed)
		})
	}
}

// What differs from run to run, and what stands for it.
var varies = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`), "TIME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDR"},
	{regexp.MustCompile(`[\d.]+ ?(µs|ms|s|m|h|KiB|MiB|GiB|GB|/s)\b`), "N"},
	{regexp.MustCompile(`━+`), "━"},
	{regexp.MustCompile(`·+`), "·"},
	{regexp.MustCompile(`█+`), "█"},
	{regexp.MustCompile(`▒+`), "▒"},
	{regexp.MustCompile(`░+`), "░"},
	{regexp.MustCompile(`[ \t]+`), " "},
	{regexp.MustCompile(`(?m)^( N)+$`), " N"}, // an axis
	{regexp.MustCompile(`(?m) +$`), ""},
}

var figure = regexp.MustCompile(`\b\d+\b`)

func normal(text string) string {
	for _, v := range varies {
		text = v.pattern.ReplaceAllString(text, v.by)
	}
	return strings.TrimSpace(text)
}

// same says whether what a text shows is what a command printed, but for what varies and what … leaves out.
func same(shown, printed string) bool {
	var pattern strings.Builder
	pattern.WriteString(`(?s)\A`)
	for i, piece := range regexp.MustCompile(`(?m)^…\n`).Split(shown+"\n", -1) {
		if i > 0 {
			pattern.WriteString(`.*`)
		}
		pattern.WriteString(`\s*` + regexp.QuoteMeta(normal(piece)) + `\s*`)
	}
	return regexp.MustCompile(pattern.String() + `\z`).MatchString(normal(printed))
}

func TestTranscriptsMayDifferInTimesOnly(t *testing.T) {
	const shown = "part1: 3 accepted\n        0s      1s\nconn0  ◆━━━━━  served 2.2s\n"
	for printed, want := range map[string]bool{
		"part1: 3 accepted\n        0s   500ms   1s\nconn0  ◆━━━  served 441ms\n": true,
		"part1: 2 accepted\n        0s      1s\nconn0  ◆━━━━━  served 2.2s\n":     false,
		"part1: 3 accepted\n        0s      1s\nconn0  ◆··━━━━━  served 2.2s\n":   false,
		shown + "more\n": false,
	} {
		assert.Equal(t, want, same(shown, printed), printed)
	}
	assert.True(t, same("one\n…\nfour\n", "one\ntwo\nthree\nfour\n"))
	assert.False(t, same("one\n…\nfive\n", "one\ntwo\nthree\nfour\n"))
	assert.Equal(t, "TIME ADDR", normal(fmt.Sprintf("%s %s", "09:05:35.796", "127.0.0.1:9090")))
}
