package timeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const second = time.Second

// bounded is what a server with two slots does to three clients.
var bounded = Chart{Lanes: []Lane{
	{Name: "conn0", Served: 22 * second / 10},
	{Name: "conn1", Served: 22 * second / 10},
	{Name: "conn2", Waited: 22 * second / 10, Served: 22 * second / 10},
}}

func draw(t require.TestingT, size Size, color bool, charts ...Chart) string {
	var out bytes.Buffer
	require.NoError(t, Text(&out, size, color, charts...))
	return out.String()
}

func TestAChartShowsArrivalWaitAndService(t *testing.T) {
	assert.Equal(t, strings.TrimPrefix(`
        0s        1s         2s        3s         4s
conn0  ◆━━━━━━━━━━━━━━━━━━━━━━━                                      served 2.2s
conn1  ◆━━━━━━━━━━━━━━━━━━━━━━━                                      served 2.2s
conn2  ◆·······················━━━━━━━━━━━━━━━━━━━━━━━  waited 2.2s  served 2.2s
       ◆ arrived  ··· waiting  ━━━ served  ✗ failed
`, "\n"), draw(t, Size{80, 24}, false, bounded))
}

// accepting returns a lane of a client that was accepted at a time.
func accepting(at time.Duration, l Lane) Lane {
	l.Accept(at)
	return l
}

func TestALaneShowsWhereItsClientWasAccepted(t *testing.T) {
	const served = 22 * second / 10
	front := []Lane{accepting(0, Lane{Name: "conn0", Served: served}), accepting(0, Lane{Name: "conn1", Served: served})}
	third := Lane{Name: "conn2", Waited: served, Served: served}
	pool := Chart{Title: "part3-pool", Lanes: append(front[:2:2], accepting(time.Millisecond, third))}
	slots := Chart{Title: "part4-bounded-accept", Lanes: append(front[:2:2], accepting(served-time.Millisecond, third))}
	assert.Equal(t, strings.TrimPrefix(`
part3-pool
        0s        1s         2s        3s         4s
conn0  ◆━━━━━━━━━━━━━━━━━━━━━━━                                      served 2.2s
conn1  ◆━━━━━━━━━━━━━━━━━━━━━━━                                      served 2.2s
conn2  ◆:::::::::::::::::::::::━━━━━━━━━━━━━━━━━━━━━━━  waited 2.2s  served 2.2s

part4-bounded-accept
        0s        1s         2s        3s         4s
conn0  ◆━━━━━━━━━━━━━━━━━━━━━━━                                      served 2.2s
conn1  ◆━━━━━━━━━━━━━━━━━━━━━━━                                      served 2.2s
conn2  ◆·······················━━━━━━━━━━━━━━━━━━━━━━━  waited 2.2s  served 2.2s
       ◆ arrived  ··· in the backlog  ::: accepted, waiting  ━━━ served
`, "\n"), draw(t, Size{80, 24}, false, pool, slots))

	third.Failure = "reset"
	assert.Equal(t, strings.TrimPrefix(`
        0s         1s        2s         3s         4s
conn2  ◆············::::::::::::━━━━━━━━━━━━━━━━━━━━━━━✗ waited 2.2s  failed
       ✗ conn2: reset
  ◆ arrived  ··· in the backlog  ::: accepted, waiting  ━━━ served  ✗ failed
`, "\n"), draw(t, Size{76, 24}, false, Chart{Lanes: []Lane{accepting(served/2, third)}}))
	narrow := draw(t, Size{60, 24}, false, Chart{Lanes: []Lane{accepting(served/2, third)}})
	assert.Contains(t, narrow, "\n       ◆ arrived  ··· in the backlog  ::: accepted, waiting\n       ━━━ served  ✗ failed\n")

	unknown := Lane{Name: "conn3", Waited: second, Served: second}
	mixed := draw(t, Size{80, 24}, false, Chart{Lanes: append(pool.Lanes[:3:3], unknown)})
	assert.Contains(t, mixed, "◆ arrived  ··· waiting  ::: accepted, waiting  ━━━ served\n", "dots may mean either")
	assert.Contains(t, draw(t, Size{80, 24}, false, Chart{Lanes: front}), "       ◆ arrived  ━━━ served\n")
}

func TestAClientIsAcceptedBetweenItsArrivalAndItsAdmission(t *testing.T) {
	for at, want := range map[time.Duration]time.Duration{
		0: second, second - 1: second, second + 1: second + 1, 3 * second: 3 * second, 4 * second: 3 * second, -second: second,
	} {
		assert.Equal(t, want, accepting(at, Lane{Arrived: second, Waited: 2 * second, Served: second}).Accepted, at)
	}
	assert.Positive(t, accepting(0, Lane{}).Accepted, "0 means that it is not known")
}

func TestALaneThatFailedEndsInACrossAndTheReasonStandsBelow(t *testing.T) {
	const long = "reply byte 3: got 'x', want 'd', and this is a reason that goes on beyond the width of a terminal"
	failed := Chart{Title: "no luck", Lanes: []Lane{
		{Name: "conn0", Arrived: second, Waited: 2 * second, Failure: "no greeting within 2s"},
		{Name: "conn1", Served: 4 * second, Failure: long},
		{Name: "conn2", Waited: 3 * second, Failure: "no greeting within 2s"},
	}}
	assert.Equal(t, strings.TrimPrefix(`
no luck
        0s           1s            2s           3s           4s
conn0               ◆···························✗              waited 2s  failed
conn1  ◆━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━✗            failed
conn2  ◆········································✗              waited 3s  failed
       ✗ conn0, conn2: no greeting within 2s
       ✗ conn1: reply byte 3: got 'x', want 'd', and this is a reason that goes
         on beyond the width of a terminal
       ◆ arrived  ··· waiting  ━━━ served  ✗ failed
`, "\n"), draw(t, Size{80, 24}, false, failed))
	wide := Chart{Lanes: []Lane{{Name: "conn0", Waited: second, Failure: strings.Repeat("x", 100)}}}
	assert.Contains(t, draw(t, Size{60, 24}, false, wide), "       ✗ conn0:\n         "+strings.Repeat("x", 50)+"…\n", "a word has no place to wrap")
}

func TestAClientThatWasRefusedLooksUnlikeOneThatFailed(t *testing.T) {
	c := Chart{Lanes: []Lane{
		{Name: "conn0", Served: second},
		{Name: "conn1", Failure: "the server is busy", Refused: true},
		{Name: "conn2", Waited: second, Failure: "reset"},
	}}
	assert.Equal(t, strings.TrimPrefix(`
        0s        200ms     400ms     600ms     800ms     1s
conn0  ◆━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━             served 1s
conn1  ◆⊘                                                              refused
conn2  ◆··················································✗ waited 1s  failed
       ⊘ conn1: the server is busy
       ✗ conn2: reset
       ◆ arrived  ··· waiting  ━━━ served  ✗ failed  ⊘ refused
`, "\n"), draw(t, Size{80, 24}, false, c))
	var out bytes.Buffer
	require.NoError(t, SVG(&out, "x", Chart{Lanes: c.Lanes[:2]}))
	assert.NotContains(t, out.String(), `<path class="fail"`)
	assert.NotContains(t, out.String(), ">failed<")
	for _, text := range []string{"⊘ conn1: the server is busy", "refused"} {
		assert.Contains(t, out.String(), ">"+text+"<")
	}
	got, err := json.Marshal(c.Lanes[1])
	require.NoError(t, err)
	assert.Contains(t, string(got), `"refused":true`)
}

func TestReasonsAreGivenOnceWithTheFirstNames(t *testing.T) {
	assert.Empty(t, bounded.Failures())
	assert.Equal(t, []string{"conn0, conn3, conn4, and 2 more: reset", "conn2: silent"}, Chart{Lanes: []Lane{
		{Name: "conn0", Failure: "reset"}, {Name: "conn1"}, {Name: "conn2", Failure: "silent"},
		{Name: "conn3", Failure: "reset"}, {Name: "conn4", Failure: "reset"}, {Name: "conn5", Failure: "reset"}, {Name: "conn6", Failure: "reset"},
	}}.Failures())
	four := Chart{Lanes: []Lane{{Name: "a", Failure: "x"}, {Name: "b", Failure: "x"}, {Name: "c", Failure: "x"}, {Name: "d", Failure: "x"}}}
	assert.Equal(t, []string{"a, b, c, and 1 more: x"}, four.Failures())
	three := Chart{Lanes: []Lane{{Name: "a", Failure: "x"}, {Name: "b", Failure: "x"}, {Name: "c", Failure: "x"}}}
	assert.Equal(t, []string{"a, b, c: x"}, three.Failures())
}

func TestLateRepliesAreMarkedAtTheEndOfTheService(t *testing.T) {
	slow := Chart{Lanes: []Lane{
		{Name: "conn0", Served: 22 * second / 10},
		{Name: "conn1", Served: 45 * second / 10, Late: 23 * second / 10},
		{Name: "conn2", Served: 22*second/10 + 99*time.Millisecond, Late: 99 * time.Millisecond},
		{Name: "conn3", Served: 22*second/10 + 2*second, Late: 2 * second, Failure: "silent"},
	}}
	assert.Equal(t, strings.TrimPrefix(`
        0s         1s        2s         3s         4s
conn0  ◆━━━━━━━━━━━━━━━━━━━━━━━                           served 2.2s
conn1  ◆━━━━━━━━━━━━━━━━━━━━━━━╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍  served 4.5s, 2.3s late
conn2  ◆━━━━━━━━━━━━━━━━━━━━━━━━━                         served 2.3s
conn3  ◆━━━━━━━━━━━━━━━━━━━━━━━╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍✗    failed
       ✗ conn3: silent
       ◆ arrived  ··· waiting  ━━━ served  ╍╍╍ late  ✗ failed
`, "\n"), draw(t, Size{80, 24}, false, slow))

	prompt := Chart{Lanes: []Lane{{Name: "conn0", Served: 50 * time.Millisecond, Late: 50 * time.Millisecond}}}
	assert.NotContains(t, draw(t, Size{80, 24}, false, prompt), "late", "without pauses every server is late by a little")

	assert.NotContains(t, draw(t, Size{80, 24}, false, bounded), "late", "the legend says what is drawn")

	assert.Equal(t, 1, strings.Count(draw(t, Size{80, 24}, false, slow, slow), "╍╍╍ late"))

	var out bytes.Buffer
	require.NoError(t, SVG(&out, "x", slow))
	assert.Equal(t, 3, strings.Count(out.String(), `<rect class="bar"`))
	assert.Equal(t, 1, strings.Count(out.String(), `<rect class="bar late"`))
	assert.Equal(t, 2+1, strings.Count(out.String(), `<rect class="gone"`), "the client that failed, before and after it hung up, and the legend")
	assert.Contains(t, out.String(), ">served 4.5s, 2.3s late<")
	assert.Contains(t, out.String(), ">✗ conn3: silent<")
	assert.Contains(t, out.String(), "conn1, served 4.5s, 2.3s late; conn2, served 2.3s; conn3, silent.</desc>")
	lateAt := regexp.MustCompile(`class="bar" fill="#E69F00" x="(\d+)" y="\d+" width="(\d+)".*\n.*class="bar late" fill="#E69F00" x="(\d+)"`).FindStringSubmatch(out.String())
	require.NotNil(t, lateAt)
	x, _ := strconv.Atoi(lateAt[1])
	width, _ := strconv.Atoi(lateAt[2])
	assert.Equal(t, lateAt[3], strconv.Itoa(x+width), "one bar goes on where the other ends")
}

func TestWhatIsNamedGetsACellHoweverShort(t *testing.T) {
	lines := strings.Split(draw(t, Size{80, 24}, false, Chart{Lanes: []Lane{
		{Name: "whole", Served: 100 * second},
		{Name: "first", Served: second / 10},
		{Name: "last", Waited: 999 * second / 10, Served: second / 10},
		{Name: "late", Served: 155 * second / 10, Late: 16 * second / 10}, // both ends lie in one cell
	}}), "\n")
	assert.Regexp(t, `^first  ◆━ +served 100ms$`, lines[2])
	assert.Regexp(t, `^last   ◆·+━ +waited 1m40s  served 100ms$`, lines[3])
	assert.Regexp(t, `^late   ◆━+╍ +served 15.5s, 1.6s late$`, lines[4])
}

func TestLongNamesAndNotesLeaveRoomForTheLanes(t *testing.T) {
	c := Chart{Lanes: []Lane{{Name: strings.Repeat("n", 100), Waited: 999 * time.Millisecond, Served: 999 * time.Millisecond, Late: 999 * time.Millisecond}}}
	text := draw(t, Size{60, 24}, false, c)
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 61, text) // with its end
	}
	assert.GreaterOrEqual(t, newText(Size{60, 24}, false, []Chart{c}).scale.cells, minPlot)
}

func TestALatenessIsNamedIfItHasACellAndIsNoticeable(t *testing.T) {
	for _, test := range []struct {
		s    scale
		late time.Duration
		want bool
	}{
		{scale{100 * second, 50}, second, true}, // half a cell is rounded up
		{scale{100 * second, 50}, 999 * time.Millisecond, false},
		{scale{second, 50}, noticeable, true},
		{scale{second, 50}, noticeable - 1, false},
		{scale{second, 50}, 0, false},
	} {
		assert.Equal(t, test.want, test.s.late(Lane{Late: test.late}) == test.late && test.late > 0, "%+v", test)
		assert.Equal(t, test.want, test.s.late(Lane{Late: test.late}) > 0, "%+v", test)
	}
}

func TestJSONHasEachTimeInMilliseconds(t *testing.T) {
	got, err := json.Marshal(Lane{Name: "conn0", Arrived: 1500 * time.Microsecond, Waited: second, Served: 2 * second, Late: 3 * time.Millisecond, Failure: "x"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"conn0","arrived_ms":1.5,"waited_ms":1000,"served_ms":2000,"late_ms":3,"failure":"x"}`, string(got))
	got, err = json.Marshal(accepting(0, Lane{Name: "conn0", Waited: second}))
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"conn0","arrived_ms":0,"accepted_ms":0,"waited_ms":1000,"served_ms":0,"late_ms":0}`, string(got))
	got, err = json.Marshal(bounded.Lanes[0])
	require.NoError(t, err)
	assert.JSONEq(t, `{"name":"conn0","arrived_ms":0,"waited_ms":0,"served_ms":2200,"late_ms":0}`, string(got))
}

func TestLanesThatDoNotFitAreFolded(t *testing.T) {
	var many Chart
	for i := range 100 {
		many.Lanes = append(many.Lanes, Lane{Name: fmt.Sprint("conn", i), Served: second})
	}
	assert.Contains(t, draw(t, Size{80, 24}, false, many), "… and 83 more\n")
	assert.NotContains(t, draw(t, Size{80, 107}, false, many), "more")
	assert.NotContains(t, draw(t, Size{Width: 80}, false, many), "more", "a file has no end")
	many.Lanes[99].Failure = "reset"
	assert.Contains(t, draw(t, Size{80, 24}, false, many), "… and 84 more\n        ✗ conn99: reset\n", "the reason needs room, too")
	assert.Contains(t, draw(t, Size{80, 1}, false, many), "… and 99 more\n", "one lane is always drawn")
}

func TestChartsOfOneDrawingShareOneScale(t *testing.T) {
	short := Chart{Lanes: []Lane{{Name: "conn0", Served: 22 * second / 10}}}
	lines := strings.Split(draw(t, Size{80, 24}, false, bounded, short), "\n")
	assert.Equal(t, lines[1], lines[6], "the same service is as long in both")
}

func TestColourChangesNothingButTheColour(t *testing.T) {
	failed := bounded
	failed.Lanes = append(failed.Lanes[:2:2], Lane{Name: "conn2", Waited: second, Failure: "reset"})
	colored := draw(t, Size{80, 24}, true, failed)
	require.Contains(t, colored, "\x1b[")
	assert.Equal(t, draw(t, Size{80, 24}, false, failed), withoutColor(colored))
}

func withoutColor(s string) string {
	var out strings.Builder
	for i, part := range strings.Split(s, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		out.WriteString(part)
	}
	return out.String()
}

// anyChart draws a chart of lanes of any kind, from microseconds to days.
func anyChart(t *rapid.T) Chart {
	unit := rapid.SampledFrom([]time.Duration{time.Microsecond, time.Millisecond, second, time.Minute, time.Hour}).Draw(t, "unit")
	length := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Float64Range(0, 100).Draw(t, "length") * float64(unit))
	})
	var c Chart
	for i := range rapid.IntRange(0, 100).Draw(t, "lanes") {
		l := Lane{Name: fmt.Sprint("conn", i), Arrived: length.Draw(t, "arrived"), Waited: length.Draw(t, "waited"), Served: length.Draw(t, "served")}
		l.Late = time.Duration(rapid.Float64Range(0, 1).Draw(t, "late") * float64(l.Served))
		l.Failure = rapid.SampledFrom([]string{"", "", "", "a reason that is rather too long to stand behind a chart, if it is narrow"}).Draw(t, "failure")
		l.Refused = rapid.Bool().Draw(t, "refused")
		if rapid.Bool().Draw(t, "accepted") {
			l.Accept(length.Draw(t, "at"))
		}
		c.Lanes = append(c.Lanes, l)
	}
	return c
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Size{rapid.IntRange(0, 300).Draw(t, "width"), rapid.IntRange(0, 120).Draw(t, "height")}
		c := anyChart(t)
		text := draw(t, size, false, c)
		shown := 0
		for line := range strings.Lines(text) {
			width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n"))
			if most := min(max(size.Width, minWidth), maxWidth); width > most {
				t.Fatalf("%d columns of %d: %s", width, most, line)
			}
			if strings.HasPrefix(line, "conn") {
				shown++
			}
		}
		folded := len(c.Lanes) - shown
		if strings.Contains(text, fmt.Sprintf("… and %d more\n", folded)) != (folded > 0) {
			t.Fatalf("%d of %d lanes are drawn in\n%s", shown, len(c.Lanes), text)
		}
		rows := strings.Count(text, "\n")
		if size.Height > 0 && shown > 1 && rows > size.Height-3 { // below it stand an empty line, the elapsed time and the prompt
			t.Fatalf("%d rows of %d:\n%s", rows, size.Height, text)
		}
		for _, reason := range c.Failures() {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), reason) {
				t.Fatalf("%q is missing in\n%s", reason, text)
			}
		}
	})
}

func TestTicksAreReadableOnAnySpan(t *testing.T) {
	for span := time.Millisecond; span < 1000*time.Hour; span = span * 13 / 10 {
		for _, cells := range []int{20, 44, 160} {
			ticks := scale{span, cells}.ticks(1, 3)
			assert.NotEmpty(t, ticks, "%v on %d cells", span, cells)
			assert.LessOrEqual(t, len(ticks), cells/4, "%v on %d cells", span, cells)
		}
	}
}

func TestAtOnceCountsOverlapsAndNotHandovers(t *testing.T) {
	for _, test := range []struct {
		want  int
		lanes []Lane
	}{
		{2, bounded.Lanes},
		{0, []Lane{{Waited: second, Failure: "never greeted"}}},
		{1, []Lane{{Served: second}, {Waited: second, Served: second}}},
		{1, []Lane{{Served: second}, {Arrived: second, Served: second}}},
		{1, []Lane{{Served: 3 * second, Late: 2 * second}, {Waited: second, Served: second}}},   // the slot is free, perhaps
		{2, []Lane{{Served: 3 * second, Late: second}, {Waited: second, Served: second}}},       // and here it is not
		{1, []Lane{{Served: 3 * second, Failure: "hung up"}, {Waited: second, Served: second}}}, // when did it hang up?
		{0, []Lane{{}, {}}},
		{3, []Lane{{Served: second}, {Served: second}, {Served: second}, {Waited: second, Served: second}}},
	} {
		assert.Equal(t, test.want, Chart{Lanes: test.lanes}.AtOnce(), "%v", test.lanes)
	}
}

func TestAChartLastsToTheEndOfItsLastLane(t *testing.T) {
	assert.Equal(t, 44*second/10, bounded.Duration())
	assert.Equal(t, 3*second, Chart{Lanes: []Lane{{Arrived: second, Waited: second, Served: second, Late: second}}}.Duration())
	assert.Equal(t, 22*second/10, Chart{Lanes: append(bounded.Lanes[:3:3], Lane{Waited: second})}.LongestWait())
}
