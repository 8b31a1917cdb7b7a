package main

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// The made-up instance two was killed at this moment, was gone a little later, and was started
// again.
var killing = time.Now()

const (
	dying  = 5 * time.Millisecond
	second = time.Second
)

// made returns an outcome with these conversations, and one that went well with instance two.
func made(conversations ...conversation) outcome {
	well := conversation{began: killing.Add(-2 * second), ended: killing.Add(-second), greeted: true, instance: "two"}
	return outcome{
		began: killing.Add(-3 * second), killing: killing, gone: killing.Add(dying),
		restarted: killing.Add(2 * second), ended: killing.Add(4 * second),
		conversations: append(conversations, well),
	}
}

func TestOnlyConversationsThatTheKilledInstanceHeldMayFail(t *testing.T) {
	for name, test := range map[string]struct {
		instance     string
		greeted      bool
		began, ended time.Duration
		may          bool
	}{
		"greeted":                        {"two", true, -second, dying, true},
		"greeted while it died":          {"two", true, dying / 2, 2 * dying, true},
		"in its backlog":                 {"two", false, -second, dying, true},
		"noticed late":                   {"two", true, -second, 10 * second, true},
		"failed before":                  {"two", true, -2 * second, -second, false},
		"with the new one":               {"two", true, 2 * dying, 3 * second, false},
		"with another instance":          {"one", true, -second, dying, false},
		"in the backlog of another":      {"one", false, -second, dying, false},
		"with no instance":               {"", false, -second, dying, false},
		"with no instance, and long ago": {"", false, -2 * second, -second, false},
	} {
		c := conversation{
			began: killing.Add(test.began), ended: killing.Add(test.ended),
			instance: test.instance, greeted: test.greeted, failure: "reset",
		}
		o := made(c)
		greeted, inBacklog, others := o.failures()
		if !test.may {
			assert.EqualError(t, o.err(), "1 conversation failed that the killed instance did not hold: reset", name)
			assert.Equal(t, []string{"reset"}, others, name)
			assert.Zero(t, greeted+inBacklog, name)
			continue
		}
		assert.NoError(t, o.err(), name)
		assert.Empty(t, others, name)
		assert.Equal(t, 1, greeted+inBacklog, name)
		assert.Equal(t, test.greeted, greeted == 1, name)
		c.failure = ""
		greeted, inBacklog, _ = made(c).failures()
		assert.Zero(t, greeted+inBacklog, name)
	}
}

func TestTheFirstOfSeveralFailuresIsNamed(t *testing.T) {
	c := conversation{began: killing, ended: killing.Add(second), failure: "reset"}
	again := c
	again.failure = "refused"
	assert.EqualError(t, made(c, again).err(), "2 conversations failed that the killed instance did not hold, the first: reset")
}

func TestAKillThatHitsNobodyProvesNothing(t *testing.T) {
	o := made()
	assert.NoError(t, o.err())
	o.conversations[0].instance = "one"
	assert.ErrorContains(t, o.err(), `no conversation went to the killed instance: want a server "two"`)
}

func TestTheOutcomeIsTwoTablesOfTheSameConversations(t *testing.T) {
	talk := func(instance string, began, ended, waited time.Duration, failure string) conversation {
		return conversation{
			began: killing.Add(began), ended: killing.Add(ended), waited: waited, greeted: instance != "",
			instance: instance, failure: failure,
		}
	}
	o := made(
		talk("one", -2*second, 0, 10*time.Millisecond, ""), // in the last moment of the first phase
		talk("two", -second, dying, 100*time.Millisecond, "reset"),
		talk("one", second, 2*second, 2*second, ""),
		talk("", second, 2*second, second, "refused"),
		talk("three", second, 3*second, 5*second, ""),
		talk("four", 3*second, 4*second, 0, ""), // the last of all
	)
	o.conversations[2].refused = true
	o.conversations[3].refused = true
	assert.Equal(t, `
                 conversations  per second  failed  median wait  longest wait
all three                    2         1/s       0         10ms          10ms
one killed                   3         2/s       2           1s            2s
all three again              2         1/s       0           5s            5s

                 conversations  failed  refused before
instance one                 2       0               1
instance two                 2       1               0
instance three               1       0               0
none of them                 2       1               1

failed because instance two died: 1 that it had greeted, 0 in its backlog
failed otherwise: 1
`, "\n"+o.text())
	assertSameTotals(t, o.text())
	assert.Contains(t, made().text(), "\none killed                   0\n")
}

var (
	phaseLine    = regexp.MustCompile(`(?m)^(?:all|one) [a-z ]+(\d+) +\d+/s +(\d+) `)
	instanceLine = regexp.MustCompile(`(?m)^(?:instance|none) [a-z ]+(\d+) +(\d+) `)
	verdictLine  = regexp.MustCompile(`(?m)^failed [a-z ]+: (\d+)(?: that it had greeted, (\d+) in its backlog)?$`)
)

// sums adds up the two columns that the pattern captures.
func sums(text string, pattern *regexp.Regexp) (first, second int) {
	for _, line := range pattern.FindAllStringSubmatch(text, -1) {
		a, _ := strconv.Atoi(line[1])
		b, _ := strconv.Atoi(line[2]) // 0 where there is none
		first, second = first+a, second+b
	}
	return first, second
}

// assertSameTotals asserts that both tables hold as many conversations and failures, and the
// verdict as many failures.
func assertSameTotals(t *testing.T, text string) {
	t.Helper()
	conversations, failed := sums(text, phaseLine)
	assert.Positive(t, conversations, text)
	given, failedThere := sums(text, instanceLine)
	assert.Equal(t, conversations, given, text)
	assert.Equal(t, failed, failedThere, text)
	greetedAndOthers, inBacklog := sums(text, verdictLine)
	assert.Equal(t, failed, greetedAndOthers+inBacklog, text)
}

func TestTheLogTellsWhichInstanceHadAConversation(t *testing.T) {
	const log = `[NOTICE] something else
127.0.0.1:41000 [25/Nov/2026:09:36:10.326] clients instances/one 0/0/110 11 -- 8/8/7/2/0 0/0
127.0.0.1:41001 [25/Nov/2026:09:36:10.326] clients instances/two 0/0/4 1 SD 8/8/7/2/0 0/0
127.0.0.1:41002 [25/Nov/2026:09:36:10.326] clients instances/three 12/3/110 +11 -- 8/8/7/2/+1 0/2
127.0.0.1:41003 [25/Nov/2026:09:36:10.326] clients instances/two 1/-1/0 0 SC 1/1/0/0/+3 0/0
127.0.0.1:41004 [25/Nov/2026:09:36:10.326] clients instances/<NOSRV> -1/-1/10000 0 sQ 1/1/0/0/0 0/0
Server instances/two is UP, reason: Layer7 check passed, check duration: 0ms.
127.0.0.1:41000 [25/Nov/2026:09:36:12.326] clients instances/two 0/0/110 11 -- 8/8/7/2/0 0/0
`
	all := []conversation{
		{port: "41004"}, {port: "41003"}, {port: "41002"}, {port: "41001"}, {port: "41000"}, {port: ""}, {port: "41000"},
	}
	for range 2 { // reading the log again makes no difference
		assert.True(t, logged(all, log))
		assert.Equal(t, []conversation{
			{port: "41004"},
			{port: "41003", refused: true},
			{port: "41002", instance: "three", refused: true},
			{port: "41001", instance: "two"},
			{port: "41000", instance: "one"},
			{port: ""},
			{port: "41000", instance: "two"},
		}, all)
	}
	assert.False(t, logged(append(all, conversation{port: "41000"}), log), "a port that was used once more")
	assert.False(t, logged(all, log[:len(log)-1]), "half a line")
}
