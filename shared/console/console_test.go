package console

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExitPrintsOneLineAndChoosesTheStatus(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		line   string
	}{
		{nil, 0, ""},
		{flag.ErrHelp, 0, ""},
		{ErrInterrupted, 130, ""},
		{Usagef("-n %d: want more", 0), 2, "-n 0: want more (-h for help)\n"},
		{fmt.Errorf("while parsing: %w", Usagef("wrong")), 2, "while parsing: wrong (-h for help)\n"},
		{errors.New("port 9090 is in use"), 1, "port 9090 is in use\n"},
	} {
		var out bytes.Buffer
		assert.Equal(t, test.status, Exit(&out, test.err))
		if test.line != "" {
			test.line = Name() + ": " + test.line
		}
		assert.Equal(t, test.line, out.String())
	}
}

func TestParsePrintsHelpOnlyWhenAskedTo(t *testing.T) {
	newFlags := func() *flag.FlagSet {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.String("addr", "127.0.0.1:9090", "listen on `host:port`")
		fs.Bool("quiet", false, "log nothing")
		return fs
	}
	help := Help{Summary: "Serves.", Arguments: "[port]", Examples: []string{"", "9191"}}
	var out bytes.Buffer
	assert.ErrorIs(t, Parse(newFlags(), []string{"-h"}, help, &out), flag.ErrHelp)
	assert.Equal(t, strings.ReplaceAll(`Serves.

usage: NAME [flags] [port]

  -addr host:port  listen on host:port (default 127.0.0.1:9090)
  -quiet           log nothing

for example:
  NAME
  NAME 9191
`, "NAME", Name()), out.String())

	out.Reset()
	assert.NoError(t, Parse(newFlags(), []string{"-quiet"}, help, &out))
	assert.ErrorAs(t, Parse(newFlags(), []string{"-quite"}, help, &out), new(UsageError))
	assert.Empty(t, out.String())
}

func TestACountIsAWholeNumberFromOneUp(t *testing.T) {
	var n int
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	CountVar(fs, &n, "n", 2, "how many")
	assert.Equal(t, 2, n)
	for _, good := range []string{"1", "7", "100000"} {
		require.NoError(t, fs.Set("n", good))
		assert.Equal(t, good, fmt.Sprint(n))
	}
	for _, bad := range []string{"0", "-1", "x", "", "1.5", "100001", "1000000000", "9999999999999999999999"} {
		assert.EqualError(t, fs.Set("n", bad), "want a whole number from 1 to 100000", "%q", bad)
	}
}

func TestColourIsDecidedByFlagThenEnvironmentThenTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer file.Close()
	for _, test := range []struct {
		mode            ColorMode
		no, force, term string
		want            bool
	}{
		{want: false}, // a file is no terminal
		{mode: "always", no: "1", term: "dumb", want: true},
		{mode: "never", force: "1", want: false},
		{force: "1", want: true},
		{force: "0", want: false},
		{no: "1", force: "1", want: false},
		{force: "1", term: "dumb", want: true},
		{mode: "auto", force: "1", want: true},
	} {
		t.Setenv("NO_COLOR", test.no)
		t.Setenv("FORCE_COLOR", test.force)
		t.Setenv("TERM", test.term)
		assert.Equal(t, test.want, test.mode.Enabled(file), "%+v", test)
	}
	var mode ColorMode
	assert.Error(t, mode.Set("red"))
	assert.Equal(t, "auto", mode.String())
}

func TestPaintColoursOnlyWhenItMay(t *testing.T) {
	for _, painted := range []func(bool) string{
		func(on bool) string { return Lane(0).Paint("text", on) },
		func(on bool) string { return Faint("text", on) },
		func(on bool) string { return Alarm("text", on) },
	} {
		assert.Equal(t, "text", painted(false))
		assert.Regexp(t, "^\x1b\\[.*text\x1b\\[.*m$", painted(true))
	}
	assert.Equal(t, Lane(0), Lane(len(palette)), "colours repeat")
}

func TestTheLogIsOneReadableLineForARecord(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(NewHandler(&out, "part3-pool", false, slog.LevelInfo))
	log.Info("accepted 127.0.0.1:52344", "conn", 3)
	log.Info("took a job", "worker", 2)
	log.With("lane", 0).Info("connected...")
	log.Warn("cannot accept", "tries", 7)
	log.Error("panic: no", "conn", 1, "stack", "one\n\ttwo\n")
	log.WithGroup("group").Info("nothing is lost", "key", "value", slog.Group("g", "a", 1))
	log.Info("odd values are shown, not trusted", "conn", "three", "lane", -1)
	log.Debug("dropped")
	log.Info("two\nlines are one")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	want := []string{
		"conn 3 accepted 127.0.0.1:52344",
		"worker 2 took a job",
		"conn0 connected...",
		"warning: cannot accept tries=7",
		"conn 1 error: panic: no", "one", "\ttwo",
		"nothing is lost key=value g=\"[a=1]\"",
		"odd values are shown, not trusted conn=three lane=-1",
		`two\nlines are one`,
	}
	require.Len(t, lines, len(want))
	for i, line := range lines {
		if i != 5 && i != 6 { // the stack's lines stand by themselves
			assert.Regexp(t, `^\d\d:\d\d:\d\d\.\d\d\d part3-pool `, line)
			line = line[len("15:04:05.000 part3-pool "):]
		}
		assert.Equal(t, want[i], line)
	}
}

func TestConnectionOneHasTheColourOfLaneZero(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(NewHandler(&out, "", true, slog.LevelInfo))
	log.Info("x", "conn", 1)
	assert.Contains(t, out.String(), Lane(0).Paint("conn 1", true))
	out.Reset()
	log.Info("x", "lane", 0)
	assert.Contains(t, out.String(), Lane(0).Paint("conn0", true))
}

func TestAQuietLoggerSaysOnlyWhatWentWrong(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, "", "never", true)
	log.Info("fine")
	assert.Empty(t, out.String())
	log.Warn("not fine")
	assert.Contains(t, out.String(), "not fine")
}

func TestDurationsReadAsAPersonSaysThem(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                           "0s",
		31 * time.Microsecond:                       "31µs",
		349 * time.Microsecond:                      "0.3ms",
		5 * time.Millisecond:                        "5ms",
		9960 * time.Microsecond:                     "10ms",
		350 * time.Millisecond:                      "350ms",
		999_400 * time.Microsecond:                  "999ms",
		999_600 * time.Microsecond:                  "1s",
		2204 * time.Millisecond:                     "2.2s",
		59_949 * time.Millisecond:                   "59.9s",
		59_960 * time.Millisecond:                   "1m",
		125 * time.Second:                           "2m05s",
		time.Hour - time.Millisecond:                "1h",
		65 * time.Minute:                            "1h05m",
		26 * time.Hour:                              "26h",
		-3 * time.Second:                            "-3s",
		time.Hour + 59*time.Minute + 31*time.Second: "2h",
	} {
		assert.Equal(t, want, Duration(d), "%v", d)
	}
}

func TestNothingThatIsLoggedCanForgeALineOrMoveTheCursor(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(NewHandler(&out, "", false, slog.LevelInfo))
	log.Info("said \r\x1b[2K\n15:04:05.000 conn 1 done \xff", "who", "a\nb", "what", "two words", "how", "", "stack", "f()\n\t\x1b[2K")
	line := out.String()[len("15:04:05.000 "):]
	assert.Equal(t, `said \r\x1b[2K\n15:04:05.000 conn 1 done \xff who="a\nb" what="two words" how=""`+"\nf()\n\t\\x1b[2K\n", line)

	out.Reset()
	Exit(&out, errors.New("the server says \"\r\x1b[2K\""))
	assert.Equal(t, Name()+`: the server says "\r\x1b[2K"`+"\n", out.String())
}

func TestOrdinaryTextOfAnyLanguageIsLoggedAsItIs(t *testing.T) {
	for _, text := range []string{"waited 31µs", "größer", "日本語", "\"*\" — …", "\ufffd"} {
		assert.Equal(t, text, oneLine(text))
	}
}

func TestADurationFlagHasBounds(t *testing.T) {
	var d, open time.Duration
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	DurationVar(fs, &d, "d", time.Second, 10*time.Millisecond, time.Minute, "how long")
	DurationVar(fs, &open, "open", 5*time.Second, 0, 0, "how long")
	assert.Equal(t, time.Second, d)
	for _, good := range []string{"10ms", "1m", "2s"} {
		require.NoError(t, fs.Set("d", good))
	}
	assert.Equal(t, 2*time.Second, d)
	for _, bad := range []string{"9ms", "61s", "-1s", "5", "", "soon"} {
		assert.EqualError(t, fs.Set("d", bad), "want a time from 10ms to 1m, for example 1s", "%q", bad)
	}
	require.NoError(t, fs.Set("open", "1000h"))
	require.NoError(t, fs.Set("open", "0"))
	assert.EqualError(t, fs.Set("open", "-1s"), "want a time from 0s up, for example 5s")
	assert.Equal(t, "1s", fs.Lookup("d").DefValue)
}

func TestAServerHasOneLookUnderEachOfItsNames(t *testing.T) {
	pool, variant, found := Part("part3-pool")
	assert.True(t, found)
	assert.False(t, variant)
	for name, wantVariant := range map[string]bool{
		"part3": false, "part1-sequential=part3-pool": false, "part1-sequential=scripts/x/part3-pool": false, "part3-pool/main.go": false,
		"part3, 2 workers": true, "a goroutine each, part3-pool": true, "part3-pool-racy": true,
		"part3-pool: 3 accepted": true, "a thread each, part1-sequential=part3-pool": false, "part3-pool beside part2": true,
	} {
		look, variant, found := Part(name)
		assert.True(t, found, name)
		assert.Equal(t, wantVariant, variant, name)
		assert.Equal(t, pool, look, name)
	}
	for _, name := range []string{"", "a goroutine each", "part5-mine", "part1-sequential=part5-mine"} {
		_, _, found := Part(name)
		assert.False(t, found, name)
	}
}

// luminance returns how light a colour is, as WCAG defines it.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(hex[1:], 16, 32)
	require.NoError(t, err)
	sum := 0.0
	for i, weight := range []float64{0.0722, 0.7152, 0.2126} { // blue, green, red
		v := float64(rgb>>(8*i)&255) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func TestTheColoursOfPartsAreLegibleOnLightAndDarkAndAreNotThoseOfClients(t *testing.T) {
	const page, darkPage = 1.0, 0.0056 // #ffffff and #0d1117
	marks := make(map[rune]bool)
	for i, l := range looks {
		light := luminance(t, l.Hex)
		assert.GreaterOrEqual(t, (page+0.05)/(light+0.05), 3.0, l.folder)
		assert.GreaterOrEqual(t, (light+0.05)/(darkPage+0.05), 3.0, l.folder)
		marks[l.Mark], marks[l.Hollow] = true, true
		for _, lane := range palette {
			assert.NotEqual(t, lane.Hex, l.Hex)
			assert.NotEqual(t, lane.terminal, l.terminal)
		}
		for _, other := range looks[:i] {
			assert.NotEqual(t, other.terminal, l.terminal)
		}
	}
	assert.Len(t, marks, 2*len(looks), "each has marks of its own")
}

// What Windows says is told apart on any system, because nothing else uses these numbers.
func TestAShortageIsToldApartFromWhatAServerDoes(t *testing.T) {
	for _, err := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.Errno(10055), syscall.Errno(10048)} {
		assert.True(t, Exhausted(fmt.Errorf("connecting: %w", os.NewSyscallError("connect", err))), err)
	}
	for _, err := range []error{nil, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.Errno(10061)} {
		assert.False(t, Exhausted(err), err)
	}
}
