package plot

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
)

func number(v float64) string { return fmt.Sprintf("%g", v) }

func curves() Curves {
	axis := Axis{Name: "load", Format: number}
	return Curves{Title: "goodput against load", X: axis, Y: Axis{Name: "goodput", Format: number}, Series: []Series{
		{"part2", []Point{{1, 10}, {2, 10}, {4, 0}}},
		{"part3", []Point{{1, 10}, {2, 15}, {4, 20}}},
	}}
}

func TestCurvesAreDrawnWithinTheirWidth(t *testing.T) {
	var out strings.Builder
	require.NoError(t, curves().Text(&out, 60, false))
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
`, "\n"), out.String())
}

func TestNoLineIsWiderThanAskedFor(t *testing.T) {
	c := curves()
	for i := range 6 {
		c.Series = append(c.Series, Series{fmt.Sprintf("a series with a long name %d", i), []Point{{1, float64(i)}, {30, 1e6}}})
	}
	for _, width := range []int{60, 80, 100} {
		var out strings.Builder
		require.NoError(t, c.Text(&out, width, false))
		for line := range strings.Lines(out.String()) {
			assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, line)
		}
		for i := range c.Series {
			assert.Contains(t, out.String(), string(marks[i]))
		}
	}
}

func TestAxesEndAtRoundValues(t *testing.T) {
	for _, test := range []struct {
		greatest, end float64
		binary        bool
		ticks         int
	}{
		{20, 20, false, 5}, {21, 30, false, 4}, {0.07, 0.08, false, 5}, {100, 100, false, 3}, {0, 1, false, 3},
		{20 << 20, 24 << 20, true, 4}, {1 << 10, 1 << 10, true, 5},
	} {
		c := Curves{Y: Axis{Binary: test.binary}, Series: []Series{{"", []Point{{1, test.greatest}}}}}
		s := c.yScale(10)
		assert.InDelta(t, test.end, s.to, 1e-9, "%g", test.greatest)
		assert.Len(t, s.ticks(), test.ticks, "%g", test.greatest)
	}
}

func bars() Bars {
	return Bars{Parts: []string{"served", "waiting"}, Rows: []Bar{
		{"part2", []float64{50, 0}, "50 + 0"},
		{"part3", []float64{1, 49}, "1 + 49"},
		{"part4", []float64{1, -1}, "unknown"},
	}}
}

func TestBarsAreTheSumOfTheirParts(t *testing.T) {
	var out strings.Builder
	require.NoError(t, bars().Text(&out, 60, false))
	assert.Equal(t, strings.TrimPrefix(`
part2  ████████████████████████████████████████████  50 + 0
part3  █▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒  1 + 49
part4  █  unknown
       █ served  ▒ waiting
`, "\n"), out.String())
}

func TestColourAddsNothingButColour(t *testing.T) {
	var plain, colored strings.Builder
	require.NoError(t, curves().Text(&plain, 80, false))
	require.NoError(t, curves().Text(&colored, 80, true))
	assert.NotEqual(t, plain.String(), colored.String())
	var stripped strings.Builder
	for i, part := range strings.Split(colored.String(), "\x1b[") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "m")
		}
		stripped.WriteString(part)
	}
	assert.Equal(t, plain.String(), stripped.String())
}

func TestPicturesAreWellFormedAndSayInWordsWhatTheyShow(t *testing.T) {
	var out strings.Builder
	require.NoError(t, SVG(&out, "<Load> & goodput", curves(), curves()))
	assert.Contains(t, out.String(), "part3: 10 at 1, 15 at 2, 20 at 4.")
	wellFormed(t, out.String())
	out.Reset()
	require.NoError(t, BarsSVG(&out, "Bars", bars()))
	assert.Contains(t, out.String(), "part3: 1 + 49.")
	wellFormed(t, out.String())
}

func TestALegendWithManyNamesGoesOnInTheNextLine(t *testing.T) {
	c := curves()
	for range 6 {
		c.Series = append(c.Series, Series{Name: "part4-bounded-accept", Points: c.Series[0].Points})
	}
	var out strings.Builder
	require.NoError(t, SVG(&out, "Legend", c))
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
