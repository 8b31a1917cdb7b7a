package docs

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/process"
	"example.com/concurrent-servers/shared/servertest"
)

// within bounds a command that must end by itself: the slowest takes half a minute on a machine that does nothing else.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 4*time.Minute, errors.New("the command does not end"))
	t.Cleanup(cancel)
	return ctx
}

// output returns what a command prints on both outputs.
func output(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%v\n%s", command, out)
	return string(out)
}

// run returns what a command line, as a text shows it behind "$ ", prints on both outputs. The words in extra go to
// its end.
func run(t *testing.T, line string, extra ...string) string {
	t.Helper()
	words := strings.Fields(line)
	require.Greater(t, len(words), 2, line)
	require.Equal(t, []string{"go", "run"}, words[:2], "only go run can be checked: %s", line)
	command := exec.CommandContext(within(t), program(t, strings.TrimPrefix(words[2], "./")), append(words[3:], extra...)...)
	command.Dir = root
	return output(t, command)
}

// serving starts a part and returns where it listens, in the form that the client takes: host and port.
func serving(t *testing.T, part string) []string {
	t.Helper()
	s, err := process.Start(t.Context(), program(t, part), "-addr", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(s.Kill)
	host, port, err := net.SplitHostPort(s.Addr)
	require.NoError(t, err)
	return []string{host, port}
}

func TestTranscriptsAreWhatTheCommandsPrint(t *testing.T) {
	for _, b := range blocks(t, "console") {
		t.Run(b.String(), func(t *testing.T) {
			slowly := b.words[1] == "slow" || b.words[1] == "haproxy"
			if slowly && !*update {
				servertest.Slow(t)
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
			if strings.Contains(printed, "Only 0 rounds could be done in the time.") {
				t.Skipf("the machine was too busy for this: %s", printed)
			}
			tell := facts
			if strings.HasSuffix(line, " -h") {
				tell = func(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }
			}
			if !tells(tell, shown, printed) {
				check(t, b, command+"\n"+printed)
			}
		})
	}
}

// tells reports whether the facts of shown, a transcript in a text, are those of printed. A line with
// nothing but … stands for any lines. Where the chart of a text has n clients served at once, the
// printed one must not have more.
func tells(facts func(string) []string, shown, printed string) bool {
	got := facts(printed)
	pieces := regexp.MustCompile(`(?m)^…\n`).Split(shown+"\n", -1)
	for i, piece := range pieces {
		want := facts(piece)
		at := 0
		for ; at+len(want) <= len(got) && !slices.EqualFunc(got[at:at+len(want)], want, shows); at++ {
			if i == 0 { // the first piece stands at the beginning
				return false
			}
		}
		if at+len(want) > len(got) || i == len(pieces)-1 && i > 0 && len(want) > 0 && !slices.EqualFunc(got[len(got)-len(want):], want, shows) {
			return false
		}
		got = got[at+len(want):]
	}
	whole := len(pieces) == 1
	return (!whole || len(got) == 0) && (!whole || atOnce(printed) <= atOnce(shown))
}

// shows reports whether got, a fact of a printed transcript, is the one that a text wants. A client that was accepted
// and waited for its greeting must do so in both. On a busy machine another may do so, too.
func shows(got, want string) bool {
	return got == want || strings.TrimSuffix(got, accepted) == want || strings.Replace(got, " ::: accepted, waiting", "", 1) == want
}

// accepted stands behind the lane of a client that was accepted and waited in the server's program.
const accepted = ":::"

var (
	verdictLine = regexp.MustCompile(`^(?:✓|≠|\?) [^:]+: (.*)`)
	laneLine    = regexp.MustCompile(`^(.*?\S) +◆(·*)(:*)(━*)╍* *([✗⊘]?)`)
	rowLine     = regexp.MustCompile(`^(\S+(?: \S+)*)  +\S*[\d█▒░]`)
)

// legendMarks stand in legends. The heads of tables have none of them; how they wrap depends on the figures below them.
const legendMarks = "◆█▒░●▲■○△□☆★▼"

// facts are what a transcript says that is true at any speed: whose lanes and rows it has, that a client failed,
// or was accepted and waited, which claims were judged, and the words of the legend. It leaves out times, rates, the
// cells that are drawn, and how a claim about them came out.
func facts(text string) []string {
	var facts []string
	claim := false   // the line before belongs to a claim, which may go on in this one
	figures := false // the line before belongs to the figures below a claim
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		switch {
		case line == "":
			claim, figures = false, false
		case verdictLine.MatchString(line):
			facts = append(facts, "claim: "+verdictLine.FindStringSubmatch(line)[1])
			claim, figures = true, false
		case claim && line[0] != ' ':
			facts[len(facts)-1] += " " + line
		case claim || figures:
			claim, figures = false, true
		case laneLine.MatchString(line):
			lane := laneLine.FindStringSubmatch(line)
			fact := "lane: " + lane[1] + lane[5]
			if lane[3] != "" {
				fact += accepted
			}
			facts = append(facts, fact)
		case rowLine.MatchString(line):
			facts = append(facts, "row: "+rowLine.FindStringSubmatch(line)[1])
		case line[0] == ' ' && strings.ContainsAny(line, legendMarks) && !strings.ContainsAny(line, "0123456789"):
			line = strings.Replace(line, "╍╍╍ late", "", 1) // on a machine that stood still for a moment
			facts = append(facts, strings.Join(strings.Fields(line), " "))
		}
	}
	return facts
}

// atOnce is the largest number of bars in a chart that stand above one another, which is how many clients were served
// at once.
func atOnce(chart string) int {
	served := make(map[int]int) // by column
	most := 0
	for line := range strings.Lines(chart) {
		lane := laneLine.FindStringSubmatchIndex(line)
		if lane == nil {
			continue
		}
		for column := range utf8.RuneCountInString(line[lane[8]:lane[9]]) {
			column += utf8.RuneCountInString(line[:lane[8]])
			served[column]++
			most = max(most, served[column])
		}
	}
	return most
}

func TestATranscriptIsComparedByWhatIsTrueAtAnySpeed(t *testing.T) {
	const shown = `        0s      1s
conn0  ◆━━━━━                         served 2.2s
conn1  ◆━━━━━                         served 2.2s
conn2  ◆·····━━━━━       waited 2.2s  served 2.2s
       ◆ arrived  ··· waiting  ━━━ served  ✗ failed

elapsed 4.4s
`
	for name, test := range map[string]struct {
		from, to string
		same     bool
	}{
		"other times":            {"elapsed 4.4s", "elapsed 9.9s", true},
		"a wait by chance":       {"conn1  ◆━━━━━     ", "conn1  ◆··━━━    ", true},
		"one after the other":    {"conn1  ◆━━━━━     ", "conn1  ◆··········━━━━━", true},
		"a wait that is missing": {"conn2  ◆·····━━━━━", "conn2  ◆━━━━━     ", false},
		"a client less":          {"conn1  ◆━━━━━                         served 2.2s\n", "", false},
		"another order":          {"conn1  ◆━━━━━", "conn9  ◆━━━━━", false},
		"a failure":              {"conn1  ◆━━━━━                         served 2.2s", "conn1  ◆━━━━━✗       failed", false},
		"another legend":         {"··· waiting", "... waiting", false},
		"a late reply":           {"━━━ served  ✗ failed", "━━━ served  ╍╍╍ late  ✗ failed", true},
		"a line more":            {"\nelapsed", "\nconn3  ◆━━━  served 1s\nelapsed", false},
	} {
		printed := strings.Replace(shown, test.from, test.to, 1)
		require.NotEqual(t, shown, printed, name)
		assert.Equal(t, test.same, tells(facts, shown, printed), "%s:\n%s", name, printed)
	}
}

func TestATranscriptShowsWhoWasAcceptedAndWaited(t *testing.T) {
	const shown = `part3-pool
conn0  ◆━━━━━                         served 2.2s
conn2  ◆:::::━━━━━       waited 2.2s  served 2.2s

part4-bounded-accept
conn0  ◆━━━━━                         served 2.2s
conn2  ◆·····━━━━━       waited 2.2s  served 2.2s
       ◆ arrived  ··· in the backlog  ::: accepted, waiting  ━━━ served
`
	for name, test := range map[string]struct {
		from, to string
		same     bool
	}{
		"in the backlog":     {"conn2  ◆:::::━━━━━", "conn2  ◆·····━━━━━", false},
		"greeted at once":    {"conn2  ◆:::::━━━━━", "conn2  ◆━━━━━     ", false},
		"accepted late":      {"conn2  ◆:::::━━━━━", "conn2  ◆···::━━━━━", true},
		"a wait by chance":   {"conn2  ◆·····━━━━━", "conn2  ◆····:━━━━━", true},
		"two at once":        {"conn2  ◆:::::━━━━━", "conn2  ◆:::::::━━━", true},
		"three at once":      {"conn2  ◆:::::━━━━━", "conn2  ◆:━━━━━━━━━", false},
		"nothing is known":   {"··· in the backlog", "··· waiting", false},
		"a legend that lies": {"  ::: accepted, waiting", "", false},
	} {
		printed := strings.Replace(shown, test.from, test.to, 1)
		require.NotEqual(t, shown, printed, name)
		assert.Equal(t, test.same, tells(facts, shown, printed), "%s:\n%s", name, printed)
	}
	const some = "conn0  ◆━━━━━\n       ◆ arrived  ━━━ served\n"
	assert.True(t, tells(facts, some, strings.ReplaceAll(some, "  ━━━ s", "  ::: accepted, waiting  ━━━ s")), "by chance")
}

func TestAnExperimentIsComparedByItsClaimsAndRows(t *testing.T) {
	const shown = `…
part1  █░░░  1 + 49
       █ served  ░ in the backlog
…
≠ not so here: a pool that queues blocks when all workers
are busy
  expected: 2 accepted; measured: 50 accepted
…
`
	const printed = `where-they-wait
Claim: a claim with 50 clients

part1  █░░░░░  2 + 48
       █ served  ░ in the backlog

A note about 50 clients.

✓ holds: a pool that queues blocks when all workers are busy
  expected: 2 accepted; measured: 2 accepted
  so it is
✓ holds: another
  expected: 3; measured: 3
`
	assert.True(t, tells(facts, shown, printed))
	for from, to := range map[string]string{
		"part1 ":             "part2 ",
		"all workers":        "some workers",
		"░ in the backlog":   "░ in the program",
		"✓ holds: a pool":    "a pool",
		"part1  █░░░░░  2 +": "part1  2 +", // not a bar, but still a row
	} {
		assert.Equal(t, strings.Contains(to, "part1"), tells(facts, shown, strings.Replace(printed, from, to, 1)), "%s → %s", from, to)
	}
	assert.False(t, tells(facts, "…\n✓ holds: another\n…\npart1  █░░░  1 + 49\n", printed), "in another order")
	assert.False(t, tells(facts, "…\n✓ holds: a pool that queues blocks when all workers are busy\n", printed), "more follows")
}
