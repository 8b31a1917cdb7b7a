package timeline

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
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

func TestALaneThatFailedEndsInACrossAndTheReason(t *testing.T) {
	failed := Chart{Title: "no luck", Lanes: []Lane{
		{Name: "conn0", Arrived: second, Waited: 2 * second, Failure: "no greeting within 2s"},
		{Name: "conn1", Served: 4 * second, Failure: "reply byte 3: got 'x', want 'd'"},
	}}
	assert.Equal(t, strings.TrimPrefix(`
no luck
        0s     1s     2s     3s     4s
conn0         ◆··············✗        waited 2s  no greeting within 2s
conn1  ◆━━━━━━━━━━━━━━━━━━━━━━━━━━━━✗            reply byte 3: got 'x', want 'd'
       ◆ arrived  ··· waiting  ━━━ served  ✗ failed
`, "\n"), draw(t, Size{80, 24}, false, failed))
}

func TestLanesThatDoNotFitAreFoldedWithTheirFailures(t *testing.T) {
	var many Chart
	for i := range 100 {
		many.Lanes = append(many.Lanes, Lane{Name: fmt.Sprint("conn", i), Served: second})
	}
	assert.Contains(t, draw(t, Size{80, 24}, false, many), "… and 83 more\n")
	many.Lanes[99].Failure = "reset"
	assert.Contains(t, draw(t, Size{80, 24}, false, many), "… and 83 more, 1 of them failed\n")
	assert.NotContains(t, draw(t, Size{80, 107}, false, many), "more")
	assert.NotContains(t, draw(t, Size{Width: 80}, false, many), "more", "a file has no end")
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
		l.Failure = rapid.SampledFrom([]string{"", "", "", "a reason that is rather too long to stand behind a chart, if it is narrow"}).Draw(t, "failure")
		c.Lanes = append(c.Lanes, l)
	}
	return c
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := Size{rapid.IntRange(0, 300).Draw(t, "width"), rapid.IntRange(0, 120).Draw(t, "height")}
		c := anyChart(t)
		text := draw(t, size, false, c)
		for line := range strings.Lines(text) {
			width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n"))
			if most := min(max(size.Width, minWidth), maxWidth); width > most {
				t.Fatalf("%d columns of %d: %s", width, most, line)
			}
		}
		for _, l := range c.Lanes[:min(len(c.Lanes), shownOf(size))] {
			if !strings.Contains(text, l.Name) {
				t.Fatalf("%s is missing in\n%s", l.Name, text)
			}
		}
	})
}

func shownOf(size Size) int {
	if size.Height == 0 {
		return 100
	}
	return max(size.Height-otherRows, 1)
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
	assert.Equal(t, 2, bounded.AtOnce())
	assert.Equal(t, 0, Chart{Lanes: []Lane{{Waited: second, Failure: "never greeted"}}}.AtOnce())
	assert.Equal(t, 1, Chart{Lanes: []Lane{{Served: second}, {Waited: second, Served: second}}}.AtOnce())
	assert.Equal(t, 44*second/10, bounded.Duration())
	assert.Equal(t, 22*second/10, bounded.LongestWait())
}

func TestThePictureIsWellFormedAndSpeaksForItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyChart(t)
		c.Title = `<&"> part`
		var out bytes.Buffer
		require.NoError(t, SVG(&out, `three <clients> & a "server"`, c))
		d := xml.NewDecoder(&out)
		seen := make(map[string]int)
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			if start, ok := token.(xml.StartElement); ok {
				seen[start.Name.Local]++
			}
		}
		assert.Equal(t, 1, seen["title"])
		assert.Equal(t, 1, seen["desc"])
	})
}

func TestThePictureShowsEveryLane(t *testing.T) {
	var out bytes.Buffer
	shown := Chart{Title: "a title", Lanes: append(bounded.Lanes[:3:3], Lane{Name: "conn3", Waited: second, Failure: "reset"})}
	require.NoError(t, SVG(&out, "x", shown))
	svg := out.String()
	assert.Equal(t, 3, strings.Count(svg, `<rect class="bar"`), "a bar for each that was served")
	assert.Equal(t, 2, strings.Count(svg, `<path class="wait"`), "dots for each that waited")
	assert.Equal(t, 4, strings.Count(svg, `<path class="bar"`), "a diamond for each that arrived")
	assert.Equal(t, 1, strings.Count(svg, `<path class="fail"`))
	rows := make(map[string]bool)
	for _, name := range []string{"conn0", "conn1", "conn2", "conn3", "a title"} {
		m := regexp.MustCompile(`y="(\d+)">` + name + `<`).FindStringSubmatch(svg)
		require.NotNil(t, m, name)
		rows[m[1]] = true
	}
	assert.Len(t, rows, 5, "each on a row of its own")
}

func TestThePictureDescribesEachLaneInWords(t *testing.T) {
	var out bytes.Buffer
	titled := bounded
	titled.Title = "part4-bounded-accept"
	require.NoError(t, SVG(&out, "Three clients", titled))
	assert.Contains(t, out.String(), "<desc>part4-bounded-accept: conn0, served 2.2s; "+
		"conn1, served 2.2s; conn2, waited 2.2s, served 2.2s.</desc>")
}
