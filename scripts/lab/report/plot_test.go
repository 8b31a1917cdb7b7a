package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/scripts/lab/experiments"
)

func goodput() curves {
	return curves{title: "goodput against load", x: axis{name: "load"}, y: axis{name: "goodput"}, series: []series{
		{"part2", []point{{1, 10}, {2, 10}, {4, 0}}},
		{"part3", []point{{1, 10}, {2, 15}, {4, 20}}},
	}}
}

func TestCurvesAreDrawnWithinTheirWidth(t *testing.T) {
	assert.Equal(t, strings.TrimPrefix(`
goodput against load
20 ┤                                               ·····▲
   │                                   ············
   │                       ············
15 ┤               ··▲·····
   │         ······
   │   ······
10 ┤●▲···············●··
   │                    ······
   │                          ······
 5 ┤                                ······
   │                                      ······
   │                                            ······
 0 ┤                                                  ··●
   └──────────────────────────────────────────────────────
    1                2                                  4
                                                        load
    ● part2  ▲ part3
`, "\n"), goodput().text(60, false))
}

func TestNoLineIsWiderThanAskedFor(t *testing.T) {
	c := goodput()
	for i := range 6 {
		c.series = append(c.series, series{fmt.Sprintf("a series with a long name %d", i), []point{{1, float64(i)}, {30, 1e6}}})
	}
	for _, width := range []int{60, 80, 100} {
		text := c.text(width, false)
		for line := range strings.Lines(text) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, line)
		}
		for i := range c.series {
			assert.Contains(t, text, string(marks[i]))
		}
	}
}

func TestAxesEndAtRoundValues(t *testing.T) {
	for _, test := range []struct {
		greatest, end float64
		unit          experiments.Unit
		ticks         int
	}{
		{20, 20, "", 5}, {21, 30, "", 4}, {0.07, 0.08, "", 5}, {100, 100, "", 3}, {0, 1, "", 3},
		{20 << 20, 24 << 20, experiments.Bytes, 4}, {1 << 10, 1 << 10, experiments.Bytes, 5},
	} {
		c := curves{y: axis{unit: test.unit}, series: []series{{"", []point{{1, test.greatest}}}}}
		s := c.yScale(10)
		assert.InDelta(t, test.end, s.to, 1e-9, "%g", test.greatest)
		assert.Len(t, s.ticks(), test.ticks, "%g", test.greatest)
	}
}

func TestAnAxisOnWhichValuesWouldCrowdIsLogarithmic(t *testing.T) {
	upTo := func(last float64) scale {
		return curves{series: []series{{"", []point{{1, 0}, {last, 0}}}}}.xScale(100)
	}
	assert.Equal(t, 50, upTo(256).cell(16))
	assert.Equal(t, 50, upTo(9).cell(5))
	assert.Equal(t, 50, upTo(1).cell(1), "a single value stands in the middle")
}

func places() bars {
	return bars{title: "served + waiting", parts: []string{"served", "waiting"}, rows: []bar{
		{"part2", []float64{50, 0}, "50 + 0"},
		{"part3", []float64{1, 49}, "1 + 49"},
		{"part4", []float64{1, -1}, "unknown"},
	}}
}

func TestBarsAreTheSumOfTheirParts(t *testing.T) {
	assert.Equal(t, strings.TrimPrefix(`
served + waiting
part2  ████████████████████████████████████████████  50 + 0
part3  █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  1 + 49
part4  █  unknown
       █ served  ▒ waiting
`, "\n"), places().text(60, false))
	assert.Empty(t, bars{}.text(60, false))
}

func TestColourAddsNothingButColour(t *testing.T) {
	plain, colored := goodput().text(80, false), goodput().text(80, true)
	assert.NotEqual(t, plain, colored)
	var stripped strings.Builder
	for i, part := range strings.Split(colored, "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		stripped.WriteString(part)
	}
	assert.Equal(t, plain, stripped.String())
}

func TestPicturesAreWellFormedAndSayInWordsWhatTheyShow(t *testing.T) {
	var out strings.Builder
	require.NoError(t, curvesSVG(&out, "<Load> & goodput", goodput(), goodput()))
	assert.Contains(t, out.String(), "part3: 10 at 1, 15 at 2, 20 at 4.")
	wellFormed(t, out.String())
	out.Reset()
	require.NoError(t, barsSVG(&out, "Bars", places()))
	assert.Contains(t, out.String(), "part3: 1 + 49.")
	wellFormed(t, out.String())
}

func TestALegendWithManyNamesGoesOnInTheNextLine(t *testing.T) {
	c := goodput()
	for range 6 {
		c.series = append(c.series, series{"part4-bounded-accept", c.series[0].points})
	}
	var out strings.Builder
	require.NoError(t, curvesSVG(&out, "Legend", c))
	names := regexp.MustCompile(`x="(\d+)" y="\d+">(part4-bounded-accept)<`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, names, 6)
	for _, name := range names {
		x, err := strconv.Atoi(name[1])
		require.NoError(t, err)
		assert.LessOrEqual(t, x+perRune*len(name[2]), pictureWidth)
	}
}

func wellFormed(t *testing.T, picture string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			require.NoError(t, err, picture)
		}
	}
}
