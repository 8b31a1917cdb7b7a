package timeline

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/concurrent-servers/shared/console"
)

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
	svg, legend, found := strings.Cut(svg, ">arrived<")
	require.True(t, found)
	assert.Equal(t, 3, strings.Count(svg, `<rect class="bar"`), "a bar for each that was served")
	assert.Equal(t, 1, strings.Count(svg, `<path class="wait"`), "dots for each that waited and was served")
	assert.Equal(t, 3, strings.Count(svg, `<path class="bar"`), "a diamond for each that was served")
	assert.Equal(t, 1, strings.Count(svg, `<path class="gone"`), "an outline for the one that was not")
	assert.Equal(t, 1, strings.Count(svg, `<path class="wait ink"`), "and dots without its colour")
	assert.Equal(t, 1, strings.Count(svg, `<path class="fail"`))
	for _, word := range []string{"waiting", "served", "failed"} {
		assert.Contains(t, legend, ">"+word+"<")
	}
	assert.NotContains(t, legend, ">late<", "nobody was")
	rows := make(map[string]bool)
	for _, name := range []string{"conn0", "conn1", "conn2", "conn3", "a title"} {
		m := regexp.MustCompile(`y="(\d+)">` + name + `<`).FindStringSubmatch(svg)
		require.NotNil(t, m, name)
		rows[m[1]] = true
	}
	assert.Len(t, rows, 5, "each on a row of its own")
}

func TestThePictureShowsWhereEachWasAccepted(t *testing.T) {
	third := Lane{Name: "conn2", Waited: second, Served: second}
	draw := func(lanes ...Lane) (svg, legend string) {
		var out bytes.Buffer
		require.NoError(t, SVG(&out, "x", Chart{Lanes: lanes}))
		svg, legend, found := strings.Cut(out.String(), ">arrived<")
		require.True(t, found)
		return svg, legend
	}
	pool, legend := draw(accepting(0, third))
	assert.NotContains(t, pool, `class="wait"`)
	assert.Contains(t, pool, "conn2, accepted on arrival, waited 1s, served 1s.</desc>")
	assert.Contains(t, legend, ">accepted, waiting<")
	assert.NotContains(t, legend, ">in the backlog<")

	slots, legend := draw(accepting(second, third))
	assert.Contains(t, slots, `class="wait"`)
	assert.Contains(t, slots, "conn2, accepted after 1s, waited 1s, served 1s.</desc>")
	assert.Contains(t, legend, ">accepted<")
	assert.Contains(t, legend, ">in the backlog<")

	for svg, long := range map[string]bool{pool: true, slots: false} {
		m := regexp.MustCompile(`<path stroke="#0072B2" stroke-width="2" d="M(\d+) \d+v22M(\d+) \d+H(\d+)"/>`).FindStringSubmatch(svg)
		require.NotNil(t, m, svg)
		assert.Equal(t, m[1], m[2])
		assert.Equal(t, long, m[2] != m[3], "a line from the acceptance to the greeting")
	}

	unknown, legend := draw(third)
	assert.NotContains(t, unknown, "accepted")
	assert.NotContains(t, legend, "accepted")
}

// places returns where the texts that match the pattern are drawn: x, y and the length in characters.
func places(t *testing.T, svg, pattern string) (places [][3]int) {
	t.Helper()
	for _, m := range regexp.MustCompile(`x="(\d+)" y="(\d+)">(`+pattern+`)<`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		places = append(places, [3]int{x, y, utf8.RuneCountInString(m[3])})
	}
	require.NotEmpty(t, places, pattern)
	return places
}

func TestTextsOfThePictureDoNotOverlap(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, SVG(&out, "x", Chart{Lanes: []Lane{
		{Name: "conn0", Waited: 12345 * time.Millisecond, Served: time.Microsecond},
		{Name: "conn1", Waited: second, Failure: strings.Repeat("too long for one line ", 10)},
		{Name: "conn2", Failure: "reset"},
	}}, bounded))
	svg := out.String()
	for _, waited := range places(t, svg, "waited [^<]*") {
		assert.Greater(t, places(t, svg, "served [^<]*|failed")[0][0], waited[0]+waited[2]*17/2)
	}
	last := places(t, svg, "conn2")[0][1]
	for _, reason := range places(t, svg, "✗ conn[^<]*|  [^<]*|✗ conn2: reset") {
		assert.Greater(t, reason[1], last)
		assert.Less(t, reason[0]+reason[2]*17/2, PictureWidth)
		last = reason[1]
	}
	assert.Greater(t, places(t, svg, "conn0")[1][1], last, "the next chart")
	assert.Contains(t, svg, `width="2"`, "a service is seen, however short it was")
}

func TestTheLegendOfThePictureStaysWithinIt(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, SVG(&out, "x", Chart{Lanes: []Lane{
		accepting(second, Lane{Name: "conn0", Waited: 2 * second, Served: 2 * second, Late: second}),
		accepting(second, Lane{Name: "conn1", Waited: second, Failure: "reset"}),
		accepting(second, Lane{Name: "conn2", Waited: second, Failure: "busy", Refused: true}),
	}}))
	_, legend, _ := strings.Cut(out.String(), `y="`+strconv.Itoa(places(t, out.String(), "⊘ conn2: busy")[0][1])+`"`)
	words := places(t, legend, "[^<]*")
	assert.Len(t, words, 7)
	for i, word := range words {
		assert.Less(t, word[0]+word[2]*17/2, PictureWidth)
		if i > 0 && words[i-1][1] == word[1] {
			assert.Greater(t, word[0], words[i-1][0]+words[i-1][2]*17/2)
		}
	}
	assert.Greater(t, words[len(words)-1][1], words[0][1], "in two rows")
}

func TestThePictureDescribesEachLaneInWords(t *testing.T) {
	var out bytes.Buffer
	titled := bounded
	titled.Title = "part4-bounded-accept"
	require.NoError(t, SVG(&out, "Three clients", titled))
	assert.Contains(t, out.String(), "<desc>part4-bounded-accept: conn0, served 2.2s; "+
		"conn1, served 2.2s; conn2, waited 2.2s, served 2.2s.</desc>")
}

// bar returns the first bar that is drawn: where it is, and how long.
func bar(t *testing.T, p Picture) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, p.SVG(&out))
	found := regexp.MustCompile(`<rect class="bar" [^>]* (x="\d+") y="\d+" (width="\d+") height="14" rx="2"/>`).FindStringSubmatch(out.String())
	require.NotNil(t, found)
	return found[1] + found[2]
}

func TestChartsOfSeveralPicturesStandOnOneScale(t *testing.T) {
	short := Chart{Lanes: []Lane{{Name: "conn0", Served: second}}}
	long := Chart{Lanes: []Lane{{Name: "a long name", Waited: second, Served: 3 * second}}}
	alone := bar(t, Picture{Charts: []Chart{short}})
	together := bar(t, Picture{Charts: []Chart{short, long}})
	assert.NotEqual(t, alone, together)
	assert.Equal(t, together, bar(t, Picture{Charts: []Chart{short}, Beside: []Chart{long}}))
}

func TestAPictureHasItsTitleItsFindingsAndTheColourOfTheServer(t *testing.T) {
	var out bytes.Buffer
	p := Picture{
		Title:  "A title that is so long that it does not fit into a single line of the picture, at its size.",
		Charts: []Chart{{Title: "part3-pool: 2 served", Lanes: bounded.Lanes}, {Title: "another"}},
		Found:  []string{"✓ a finding", "a note"},
	}
	require.NoError(t, p.SVG(&out))
	assert.Equal(t, 2, strings.Count(out.String(), `class="text head"`), "two lines")
	for _, text := range []string{"✓", "a finding", "a note", "part3-pool: 2 served", "another"} {
		assert.Contains(t, out.String(), ">"+text+"<")
	}
	look, _, _ := console.Part("part3")
	assert.Equal(t, 1, strings.Count(out.String(), look.Hex))
	for i := range bounded.Lanes {
		assert.NotEqual(t, look.Hex, console.Lane(i).Hex)
	}
}
