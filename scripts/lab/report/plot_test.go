package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// at returns a point that was measured once.
func at(x, y float64) point {
	return point{x: x, y: y, low: y, high: y, label: experiments.Things.Format(x)}
}

func goodput() curves {
	return curves{x: axis{name: "load"}, y: axis{name: "goodput"}, series: []series{
		{"part2", []point{at(1, 10), at(2, 10), at(4, 0)}},
		{"part3", []point{at(1, 10), at(2, 15), at(4, 20)}},
	}}
}

func TestCurvesAreDrawnWithinTheirWidth(t *testing.T) {
	assert.Equal(t, strings.TrimPrefix(`
Goodput by load
20 ┤                                              ·····■
   │                                  ············
   │                       ···········
15 ┤               ··■·····
   │         ······
   │   ······
10 ┤▲■···············▲··
   │                    ······
   │                          ······
 5 ┤                                ·····
   │                                     ······
   │                                           ······
 0 ┤                                                 ··▲
   └──────────────────────────────────────────────────────
    1                2                                 4
                                                        load
    ▲ part2  ■ part3
`, "\n"), goodput().text(60, false))
}

func TestNoLineIsWiderThanAskedFor(t *testing.T) {
	c := goodput()
	for i := range 6 {
		c.series = append(c.series, series{fmt.Sprintf("a series with a long name %d", i), []point{at(1, float64(i)), at(30, 1e6)}})
	}
	for _, width := range []int{60, 80, 100} {
		text := c.text(width, false)
		for line := range strings.Lines(text) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, line)
		}
		for i := range c.series {
			assert.Contains(t, text, string(looksOf(c.names())[i].mark))
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
		c := curves{y: axis{unit: test.unit}, series: []series{{"", []point{at(1, test.greatest)}}}}
		s := c.yScale(10)
		assert.InDelta(t, test.end, s.to, 1e-9, "%g", test.greatest)
		assert.Len(t, s.ticks(), test.ticks, "%g", test.greatest)
	}
}

func TestAnAxisOnWhichValuesWouldCrowdIsLogarithmic(t *testing.T) {
	upTo := func(last float64) scale {
		return curves{series: []series{{"", []point{at(1, 0), at(last, 0)}}}}.xScale(100)
	}
	assert.Equal(t, 50, upTo(256).cell(16))
	assert.Equal(t, 50, upTo(9).cell(5))
	assert.Equal(t, 50, upTo(1).cell(1), "a single value stands in the middle")
}

func places() bars {
	return bars{title: "Served + waiting", parts: []string{"served", "waiting"}, rows: []bar{
		{"part2", []float64{50, 0}, "50 + 0", 0, 0, 0},
		{"part3", []float64{1, 49}, "1 + 49", 0, 0, 0},
		{"part4", []float64{1, -1}, "unknown", 0, 0, 0},
	}}
}

func TestBarsAreTheSumOfTheirParts(t *testing.T) {
	assert.Equal(t, strings.TrimPrefix(`
Served + waiting
part2  ████████████████████████████████████████████  50 + 0
part3  █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  1 + 49
part4  █  unknown
       █ served  ▒ waiting
`, "\n"), places().text(60, false))
	assert.Empty(t, bars{}.text(60, false))
}

// Each is a hundred times the one before, and the scale begins with a tenth of the first.
func TestBarsOnALogarithmicScaleGrowByEqualSteps(t *testing.T) {
	e := experiments.Experiment{Bars: []string{"time"}, LogBars: true}
	var r experiments.Result
	r.Row("nobody", experiments.Count("time", rig.Unknown))
	for name, n := range map[string]int64{"a": 1, "b": 100, "c": 10_000} {
		r.Row(name, experiments.Count("time", n))
	}
	slices.SortFunc(r.Rows, func(a, b experiments.Row) int { return int(a.Figures[0].Value - b.Figures[0].Value) })
	assert.Equal(t, strings.TrimPrefix(`
Time, on a logarithmic scale
nobody    –
a       █████  1
b       ███████████████  100
c       █████████████████████████  10000
`, "\n"), barsOf(e, r).text(40, false))
	var out strings.Builder
	require.NoError(t, barsSVG(&out, "Bars", nil, barsOf(e, r)))
	wellFormed(t, out.String())
	r.Rows = r.Rows[:2]
	assert.Contains(t, barsOf(e, r).text(40, false), "a       █", "one bar alone")
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
	require.NoError(t, curvesSVG(&out, "<Load> & goodput", nil, goodput(), goodput()))
	assert.Contains(t, out.String(), "part3: 10 at 1, 15 at 2, 20 at 4.")
	wellFormed(t, out.String())
	out.Reset()
	require.NoError(t, barsSVG(&out, "Bars", nil, places()))
	assert.Contains(t, out.String(), "part3: 1 + 49.")
	wellFormed(t, out.String())
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

func TestEachSeriesHasItsLook(t *testing.T) {
	names := []string{"waits", "part2, a thread each", "part2-threaded", "part3-pool", "another part2", "computes", "part1-sequential=part3-pool"}
	looks := looksOf(names)
	seen := make(map[string]bool)
	for i, l := range looks {
		seen[string(l.mark)] = true
		part, _, found := console.Part(names[i])
		if found {
			assert.Equal(t, part.Color, l.Color, names[i])
		}
	}
	assert.Len(t, seen, len(names), "marks of their own")
	assert.Equal(t, '△', looks[1].mark, "a variant is hollow")
	assert.Equal(t, '▲', looks[2].mark)
	assert.Equal(t, '■', looks[3].mark)
	assert.Equal(t, '□', looks[6].mark)
	assert.Len(t, looksOf(make([]string, 40)), 40)
	for mark := range fullMarks {
		assert.Contains(t, shapes, fullMarks[mark])
	}
}

func TestCurvesThatCoincideAreNamedAndStandApart(t *testing.T) {
	c := goodput()
	assert.Empty(t, c.notes())
	c.series = append(c.series, series{"part4", []point{at(1, 10), at(2, 15.1), at(4, 19.9)}})
	assert.Equal(t, "part3 and part4 coincide.", c.notes())
	assert.Contains(t, c.text(60, false), "\n    part3 and part4 coincide.\n")
	assert.Contains(t, strings.Split(c.text(60, false), "\n")[1], "■◆", "side by side at the last value")

	places := c.places(c.xScale(400), c.yScale(plotHeight), 0, 0)
	seen := make(map[place]bool)
	for _, series := range places {
		for _, p := range series {
			seen[p] = true
		}
	}
	assert.Len(t, seen, 9, "no mark hides another")

	c.series[2].points = c.series[2].points[:2]
	assert.Empty(t, c.notes(), "another number of points")
}

func TestALogarithmicScaleHasAPlaceForZero(t *testing.T) {
	c := curves{logY: true, y: axis{unit: experiments.Seconds}, series: []series{{"", []point{at(1, 0.003), at(2, 0.3), at(4, 0.03)}}}}
	s := c.yScale(100)
	assert.InDelta(t, 0.002, s.from, 1e-9)
	assert.InDelta(t, 0.5, s.to, 1e-9)
	assert.Equal(t, 0, s.cell(s.from))
	assert.Equal(t, 100, s.cell(s.to))
	assert.InDeltaSlice(t, []float64{0.01, 0.1}, s.ticks(), 1e-9)

	c.series[0].points = append(c.series[0].points, at(8, 0))
	s = c.yScale(100)
	assert.Equal(t, 0, s.cell(0))
	assert.Equal(t, 12, s.cell(s.from))
	assert.InDeltaSlice(t, []float64{0, 0.01, 0.1}, s.ticks(), 1e-9)

	c.series[0].points = []point{at(1, 30), at(2, 90)}
	assert.InDeltaSlice(t, []float64{20, 50, 100}, c.yScale(100).ticks(), 1e-9, "numbers between the powers, if those are few")

	c.y.unit = experiments.Bytes
	c.series[0].points = []point{at(1, 5<<10), at(2, 3<<30)}
	ticks := c.yScale(100).ticks()
	assert.LessOrEqual(t, len(ticks), 6)
	assert.Equal(t, 4.*1024, ticks[0])
	for _, points := range [][]point{{at(1, 0)}, {at(1, 5)}, {at(1, 5), at(2, 5)}} {
		c.series[0].points = points
		assert.NotEmpty(t, c.yScale(100).ticks(), "too few values for a logarithmic scale do no harm")
		assert.NotEmpty(t, c.text(60, false))
	}
}

// measured returns goodput with bounds, and six series, some of them with long names.
func measured() curves {
	c := goodput()
	c.series = append(c.series, series{"part4-bounded-accept", c.series[1].points}, series{"shedding", c.series[1].points},
		series{"a goroutine for each client, part2-threaded", c.series[0].points}, series{"refusing", c.series[0].points})
	last := &c.series[1].points[2]
	last.low, last.high, last.atLeast = 14, 26, true
	return c
}

func TestBoundsAreDrawn(t *testing.T) {
	c := measured()
	assert.Equal(t, 30.0, c.yScale(100).to, "the axis holds them")
	assert.Equal(t, 4, strings.Count(c.text(80, false), "┆"), "beside the mark, where they are longer than it")
	var out strings.Builder
	require.NoError(t, curvesSVG(&out, "", nil, c))
	assert.Len(t, regexp.MustCompile(`stroke-width="2" d="M\d+ \d+L`).FindAllString(out.String(), -1), 3, "of the three that have them")
	assert.Contains(t, out.String(), ">↑ means: it may have been more.<")

	b := places()
	b.parts = b.parts[:1]
	for i := range b.rows {
		b.rows[i].parts = b.rows[i].parts[:1]
	}
	b.rows[0].low, b.rows[0].high = 40, 60
	assert.Equal(t, 60.0, b.scale(100).to)
	out.Reset()
	require.NoError(t, barsSVG(&out, "", nil, b))
	assert.Equal(t, 1, strings.Count(out.String(), `<path class="error"`))
}

func TestNamesOfCurvesStandInsideThePictureAndApart(t *testing.T) {
	var out strings.Builder
	require.NoError(t, curvesSVG(&out, "Legend", nil, measured()))
	names := regexp.MustCompile(`<text class="text" x="(\d+)" y="(\d+)">([^<]*)<`).FindAllStringSubmatch(out.String(), -1)
	require.Len(t, names, 6+2, "the longest takes three lines")
	last := 0
	for _, name := range names {
		x, err := strconv.Atoi(name[1])
		require.NoError(t, err)
		assert.LessOrEqual(t, x+timeline.TextWidth(name[3]), timeline.PictureWidth)
		y, err := strconv.Atoi(name[2])
		require.NoError(t, err)
		assert.GreaterOrEqual(t, y-last, lineHeight, name[3])
		last = y
	}
}

func TestABarHasTheColourOfItsServer(t *testing.T) {
	var out strings.Builder
	require.NoError(t, barsSVG(&out, "Where", []string{"✓ holds: a claim"}, places()))
	for _, name := range []string{"part2", "part3", "part4"} {
		look, _, _ := console.Part(name)
		assert.Contains(t, out.String(), `fill="`+look.Hex+`"`, name)
	}
	assert.Contains(t, out.String(), `fill="url(#hatch1-`, "the second part of a bar is told apart without colour")
	assert.Contains(t, out.String(), ">holds: a claim<")
	assert.Contains(t, places().text(60, true), "38;5;161", "on a terminal too")
}

func TestBarsAboutOneServerDiffer(t *testing.T) {
	e := experiments.Experiment{Bars: []string{"waited"}}
	var r experiments.Result
	for _, name := range []string{"part2", "part2, a thread each", "part3, busy", "a client"} {
		r.Row(name, experiments.Count("waited", 5))
	}
	r.Row("part3, idle", experiments.Count("waited", 9).As("not served"))
	var fills []int
	for _, bar := range barsOf(e, r).rows {
		fills = append(fills, bar.fills)
	}
	assert.Equal(t, []int{0, 1, 0, 0, pale}, fills)
}
