package main

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

func TestTheFilesAreWhatIsDrawn(t *testing.T) {
	for _, p := range pictures {
		file, err := os.ReadFile(filepath.Join("..", "pictures", p.file))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(p.svg(), file), "%s is not what is drawn: go run ./docs/figures", p.file)
	}
}

func TestTheProgramWritesEachPicture(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-dir", dir}, &out, nil))
	for _, p := range pictures {
		assert.FileExists(t, filepath.Join(dir, p.file))
		assert.Contains(t, out.String(), p.file)
	}
	assert.Error(t, run(t.Context(), []string{"-dir", filepath.Join(dir, "missing")}, &out, nil))
	assert.ErrorAs(t, run(t.Context(), []string{"-nothing"}, &out, nil), new(console.UsageError))
}

// A drawn picture is what the tests look at.
type drawn struct {
	Title string `xml:"title"`
	Desc  string `xml:"desc"`
	Rects []rect `xml:"rect"`
	Texts []text `xml:"text"`
}

type rect struct {
	Class  string `xml:"class,attr"`
	X      int    `xml:"x,attr"`
	Y      int    `xml:"y,attr"`
	Width  int    `xml:"width,attr"`
	Height int    `xml:"height,attr"`
}

type text struct {
	Class  string `xml:"class,attr"`
	Anchor string `xml:"text-anchor,attr"`
	X      int    `xml:"x,attr"`
	Y      int    `xml:"y,attr"`
	Text   string `xml:",chardata"`
}

// span returns where the text begins and where it ends at most.
func (t text) span() (from, to int) {
	width := timeline.TextWidth(t.Text)
	switch t.Anchor {
	case "middle":
		return t.X - width/2, t.X + width/2
	case "end":
		return t.X - width, t.X
	}
	return t.X, t.X + width
}

func TestTextsStayInThePictureAndInTheirBoxesAndApart(t *testing.T) {
	for _, p := range pictures {
		var d drawn
		svg := p.svg()
		start := bytes.Index(svg, []byte("<rect class=\"page\"")) // its position is not a whole number
		end := start + bytes.IndexByte(svg[start:], '\n')
		require.NoError(t, xml.Unmarshal(append(svg[:start:start], svg[end:]...), &d), p.file)
		assert.Equal(t, p.title, d.Title)
		assert.NotEmpty(t, d.Desc, p.file)
		require.NotEmpty(t, d.Texts, p.file)
		for i, a := range d.Texts {
			if a.Class != "text" && a.Class != "text name" {
				continue // a title or a caption, which the canvas wraps, or a note
			}
			from, to := a.span()
			assert.True(t, from >= 0 && to <= timeline.PictureWidth, "%s: %q leaves the picture", p.file, a.Text)
			for _, r := range d.Rects {
				if r.Class == "gone" && a.X > r.X && a.X < r.X+r.Width && a.Y > r.Y && a.Y < r.Y+r.Height {
					assert.True(t, from >= r.X && to <= r.X+r.Width, "%s: %q leaves its box", p.file, a.Text)
				}
			}
			for _, b := range d.Texts[:i] {
				bFrom, bTo := b.span()
				apart := to <= bFrom || bTo <= from || a.Y-b.Y >= 15 || b.Y-a.Y >= 15
				assert.True(t, apart, "%s: %q and %q overlap", p.file, a.Text, b.Text)
			}
		}
	}
}
