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
		assert.Greater(t, places(t, svg, "served [^<]*|failed")[0][0], waited[0]+waited[2]*perRune)
	}
	last := places(t, svg, "conn2")[0][1]
	for _, reason := range places(t, svg, "✗ conn[^<]*|  [^<]*|✗ conn2: reset") {
		assert.Greater(t, reason[1], last)
		assert.Less(t, reason[0]+reason[2]*perRune, pictureWidth)
		last = reason[1]
	}
	assert.Greater(t, places(t, svg, "conn0")[1][1], last, "the next chart")
	assert.Contains(t, svg, `width="2"`, "a service is seen, however short it was")
}

func TestThePictureDescribesEachLaneInWords(t *testing.T) {
	var out bytes.Buffer
	titled := bounded
	titled.Title = "part4-bounded-accept"
	require.NoError(t, SVG(&out, "Three clients", titled))
	assert.Contains(t, out.String(), "<desc>part4-bounded-accept: conn0, served 2.2s; "+
		"conn1, served 2.2s; conn2, waited 2.2s, served 2.2s.</desc>")
}
