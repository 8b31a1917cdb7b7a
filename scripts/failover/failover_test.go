package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/concurrent-servers/shared/console"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func needHAProxy(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("haproxy is not installed")
	}
}

// The two trials are real, since HAProxy knows no other time. Most of it is waiting, so they run beside each other.
func TestNoConversationFailsButThoseThatTheKilledInstanceHeld(t *testing.T) {
	needHAProxy(t)
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), strings.Fields("-d 1s -pause 20ms"), &out, io.Discard)
	require.NoError(t, err, out.String())
	assert.Regexp(t, `(?m)^all three again +\d+ +\d+/s +0 `, out.String())
	assert.Regexp(t, `(?m)^instance one +[1-9]\d* +0 +0 +0s$`, out.String())
	assert.Regexp(t, `(?m)^instance two +[1-9]\d* +[1-9]\d* +0 +[1-9]s$`, out.String())
	assert.Regexp(t, `(?m)^failed otherwise: 0$`, out.String())
}

// Until a check finds out, the instance that nobody is connected to looks like the one with the most room.
func TestAnInstanceWhoseRefusalsNobodyHeedsTurnsClientsAway(t *testing.T) {
	needHAProxy(t)
	t.Parallel()
	ours, err := os.ReadFile("haproxy.cfg")
	require.NoError(t, err)
	unheeding := regexp.MustCompile(`(?m)^.*observe layer4.*\n`).ReplaceAll(ours, nil)
	require.Less(t, len(unheeding), len(ours))
	config := filepath.Join(t.TempDir(), "haproxy.cfg")
	require.NoError(t, os.WriteFile(config, unheeding, 0o600))
	err = run(t.Context(), []string{"-d", "1s", "-pause", "20ms", "-config", config}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "failed that the killed instance did not hold")
}

// at returns a conversation by the times of its beginning and its end, counted from a moment, and its failure.
func at(moment time.Time, began, ended time.Duration, failure string) conversation {
	return conversation{moment.Add(began), moment.Add(ended), began / 10, failure}
}

func TestOnlyWhatDiedWithTheInstanceMayFail(t *testing.T) {
	killing := time.Now()
	const dying = 5 * time.Millisecond
	for name, test := range map[string]struct {
		began, ended time.Duration
		may          bool
	}{
		"held":                          {-time.Second, dying, true},
		"taken while it died":           {dying / 2, 2 * dying, true},
		"over before":                   {-2 * time.Second, -time.Second, false},
		"begun when it was gone":        {2 * dying, 3 * dying, false},
		"open then, but failed of late": {-time.Second, 10 * time.Second, false},
	} {
		o := outcome{killing: killing, gone: killing.Add(dying), conversations: []conversation{
			at(killing, -2, -1, ""), at(killing, test.began, test.ended, "reset"),
		}}
		if test.may {
			assert.NoError(t, o.err(), name)
		} else {
			assert.EqualError(t, o.err(), "1 conversation failed that the killed instance did not hold: reset", name)
		}
	}
}

// Both end in the moment of the kill; only HAProxy knows who was never given to anybody.
func TestWhomNobodyTookTheKilledInstanceDidNotHold(t *testing.T) {
	killing := time.Now()
	o := outcome{killing: killing, gone: killing, conversations: []conversation{
		at(killing, -2, 1, "reset"), at(killing, -1, 1, "no greeting"),
	}}
	assert.NoError(t, o.err())
	o.instances = []instance{{name: "two", away: 1}}
	assert.EqualError(t, o.err(), "1 conversation failed that the killed instance did not hold: no instance took it")
	lost, _ := o.failures()
	assert.Equal(t, 1, lost)
}

func TestTheOutcomeIsATable(t *testing.T) {
	moment := time.Now()
	second := time.Second
	o := outcome{
		began: moment.Add(-2 * second), killing: moment, gone: moment, restarted: moment.Add(2 * second),
		conversations: []conversation{
			at(moment, -2*second, -second, ""), {moment.Add(-second), moment.Add(second / 2), 100 * time.Millisecond, "reset"},
			{moment.Add(second), moment.Add(2 * second), time.Second, ""},
			{moment.Add(second), moment.Add(2 * second), 2 * time.Second, ""},
			{moment.Add(second), moment.Add(2 * second), 5 * time.Second, ""},
			{moment.Add(3 * second), moment.Add(4 * second), 0, ""},
		},
		instances: []instance{{"one", 5, 0, 0, 0}, {"two", 1, 3, 0, 2 * second}},
	}
	o.conversations[0].waited = 10 * time.Millisecond
	assert.Equal(t, `
                 conversations  per second  failed  median wait  longest wait
all three                    2         1/s       1        100ms         100ms
one killed                   3         2/s       0           2s            5s
all three again              1         0/s       0           0s            0s

                 conversations  sent elsewhere  turned away  down for
instance one                 5               0            0        0s
instance two                 1               3            0        2s

failed because instance two died: 1
failed otherwise: 0
`, "\n"+o.text())
}

func TestStatisticsThatSayNothingAreAnError(t *testing.T) {
	const head = "# pxname,svname,stot,wredis,econ,downtime,\n"
	all, err := counted(head + "b,one,7,1,3,2,\nb,two,8,0,0,0,\nb,three,9,0,0,0,\n")
	require.NoError(t, err)
	assert.Equal(t, instance{"one", 7, 1, 3, 2 * time.Second}, all[0])
	for table, want := range map[string]string{
		"":                                    "are empty",
		"a,\"b\n":                             "are no table",
		"# pxname,svname,stot,wredis,econ,\n": `have no column "downtime"`,
		head + "b,one,7,1,3,2,\n":             `knows no server "two"`,
		head + "b,one,seven,1,3,2,\n":         `stot "seven" of server one`,
	} {
		_, err := counted(table)
		assert.ErrorContains(t, err, want)
	}
}

func TestAConfigurationThatDoesNotFitIsSaid(t *testing.T) {
	needHAProxy(t)
	for text, want := range map[string]string{
		"nonsense\n": "unknown keyword 'nonsense'",
		"global\n stats socket \"${STATS}\"\nlisten all\n mode tcp\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n bind \"${FRONT}\"\n server one \"${ONE}\"\n": `knows no server "two"`,
	} {
		config := filepath.Join(t.TempDir(), "haproxy.cfg")
		require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
		err := run(t.Context(), []string{"-config", config}, io.Discard, io.Discard)
		assert.ErrorContains(t, err, want)
	}
}

// onLine calls does when a line with word in it is logged.
type onLine struct {
	word string
	does func()
}

func (o onLine) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte(o.word)) {
		o.does()
	}
	return len(line), nil
}

// disturb tries a fleet, does something to it when a line is logged, and sees that nothing is left of it.
func disturb(t *testing.T, ctx context.Context, word string, does func(*fleet)) error {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	f := &fleet{places: 2}
	set := settings{clients: 3, places: 2, phase: 100 * time.Millisecond, pause: time.Millisecond}
	disturbed := false
	log := console.NewLogger(onLine{word, func() { disturbed = true; does(f) }}, "", "", false)
	_, err := try(ctx, f, set, log)
	require.True(t, disturbed, "nothing says %q", word)
	addresses := []string{f.front, f.statsAddr}
	for _, s := range f.instances {
		if s != nil {
			addresses = append(addresses, s.Addr)
		}
	}
	for _, addr := range addresses {
		if conn, err := net.Dial("tcp", addr); !assert.Error(t, err, "%s: somebody listens at %s", word, addr) {
			conn.Close()
		}
	}
	left, globErr := filepath.Glob(filepath.Join(os.TempDir(), "concurrent-servers-*"))
	require.NoError(t, globErr)
	assert.Empty(t, left, word)
	return err
}

func TestCtrlCEndsAllThatRunsAtAnyMoment(t *testing.T) {
	needHAProxy(t)
	for _, moment := range []string{"building", "clients talk", "killed", "started instance"} {
		ctx, interrupt := context.WithCancel(t.Context())
		assert.ErrorIs(t, disturb(t, ctx, moment, func(*fleet) { interrupt() }), context.Canceled, moment)
	}
}

func TestCtrlCIsNoErrorToReport(t *testing.T) {
	needHAProxy(t)
	ctx, interrupt := context.WithCancel(t.Context())
	err := run(ctx, nil, io.Discard, onLine{"building", interrupt})
	assert.ErrorIs(t, err, console.ErrInterrupted)
}

func TestTheEndOfHAProxyIsNoticedAtOnce(t *testing.T) {
	needHAProxy(t)
	err := disturb(t, t.Context(), "clients talk", func(f *fleet) { f.proxy.Process.Kill() })
	assert.ErrorContains(t, err, "haproxy does not run with ")
	assert.ErrorContains(t, err, "signal: killed")
}

func TestAPortThatIsTakenMeanwhileIsSaid(t *testing.T) {
	needHAProxy(t)
	f := &fleet{places: 2}
	defer f.close()
	require.NoError(t, f.begin(t.Context()))
	f.kill(victim)
	ln, err := net.Listen("tcp", f.instances[victim].Addr)
	require.NoError(t, err)
	defer ln.Close()
	err = f.start(t.Context(), victim)
	assert.ErrorContains(t, err, "instance two does not start: ")
	assert.ErrorContains(t, err, "is in use")
}

func TestWrongArgumentsAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"-d 10ms":              "-d 10ms: want a time from 1s to 1m",
		"-d 2s -pause 1s":      "-pause 1s: want a time from 1ms to a tenth of -d, 200ms",
		"-pause -1s":           "-pause -1s: want",
		"-clients 1000":        "-clients 1000: want fewer",
		"-config nowhere.cfg":  "nowhere.cfg",
		"-n 0":                 "-n",
		"more":                 "too many arguments (more)",
		"-clients many":        "-clients",
		"-color sometimes":     "-color",
		"-config x y -d 5s -x": "too many arguments (y)",
	} {
		err := run(t.Context(), strings.Fields(line), io.Discard, io.Discard)
		var usage console.UsageError
		assert.ErrorAs(t, err, &usage, line)
		assert.ErrorContains(t, err, want, line)
	}
}

func TestWithoutHAProxyOneIsToldWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	assert.ErrorContains(t, run(t.Context(), nil, io.Discard, io.Discard), "haproxy is not installed")
}
