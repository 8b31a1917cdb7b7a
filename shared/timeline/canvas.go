package timeline

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"

	"example.com/concurrent-servers/shared/console"
)

// The measures of every picture, in the pixels of its own scale. A page may show a picture at 400 to 1200 pixels: its
// type is large for its width, so that it is legible at 400.
const (
	PictureWidth = 640
	Margin       = 16
	RowHeight    = 28 // of a lane, a bar, or a line of a legend
	lineHeight   = 21 // of text that goes on
	barHeight    = 14
)

// TextWidth returns how wide text is at most, in the size of the class text.
func TextWidth(text string) int { return utf8.RuneCountInString(text) * 17 / 2 }

// WrapRunes is how many characters of a sentence fit between the margins: its letters are narrower than TextWidth says.
const WrapRunes = 76

// style gives the picture a background of its own, so that it is legible on any page, and follows the reader's
// preference for light or dark.
const style = `<style>
  .page { fill: #ffffff; stroke: #d0d7de }
  .text { font: 15px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .head { font-size: 17px; font-weight: 600 }
  .name { font-weight: 600 }
  .soft { fill: #59636e }
  .grid { stroke: #d0d7de }
  .wait { stroke-width: 3.5; stroke-linecap: round; stroke-dasharray: 0 7 }
  .bar { stroke: #1f2328; stroke-opacity: .35 }
  .late { fill-opacity: .25; stroke-dasharray: 4 3; stroke-opacity: 1 }
  .open { fill: #ffffff; stroke-width: 2.5 }
  .ink { fill: #59636e; stroke: #59636e }
  .error { fill: none; stroke: #1f2328 }
  .gone { fill: #ffffff; stroke: #59636e; stroke-width: 1.5 }
  .fail { stroke: #cf222e; stroke-width: 2.5; stroke-linecap: round }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    .text { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .bar { stroke: #f0f6fc }
    .open { fill: #0d1117 }
    .ink { fill: #9198a1; stroke: #9198a1 }
    .error { stroke: #f0f6fc }
    .gone { fill: #0d1117; stroke: #9198a1 }
    .fail { stroke: #ff7b72 }
  }
</style>
`

// A Canvas is a picture in the making. Y is where the next thing is drawn.
type Canvas struct {
	Y   int
	out strings.Builder
}

// NewCanvas returns a canvas with a title, a sentence, on it.
func NewCanvas(title string) *Canvas {
	c := &Canvas{Y: Margin / 2}
	c.Paragraph("head", 14, title) // its type is larger
	return c
}

// Paragraph writes text in lines from margin to margin, less so many characters. If the text begins with the mark of a
// finding and a space, its lines stand behind the mark.
func (c *Canvas) Paragraph(class string, less int, text string) {
	if text == "" {
		return
	}
	indent := 0
	if r, size := utf8.DecodeRuneInString(text); strings.ContainsRune("✓≠?", r) && strings.HasPrefix(text[size:], " ") {
		indent = 20
		c.Text(Margin, c.Y+lineHeight-4, class, "", string(r))
		text = text[size+1:]
	}
	for line := range strings.SplitSeq(console.Wrap(text, WrapRunes-indent/7-less), "\n") {
		c.Text(Margin+indent, c.Y+lineHeight-4, class, "", line)
		c.Y += lineHeight
	}
	c.Y += 3
}

// Found writes what was found below a line, if there is anything.
func (c *Canvas) Found(found []string) {
	if len(found) == 0 {
		return
	}
	c.Y += 6
	c.Printf(`<path class="grid" d="M%d %dH%d"/>`, Margin, c.Y, PictureWidth-Margin)
	c.Y += 4
	for _, f := range found {
		c.Paragraph("", 0, f)
	}
}

// Printf adds elements. They may use the classes of the style: text, head, name and soft for text, grid for lines, bar
// for the outline of shapes, open for hollow ones, ink for shapes that have no colour of their own, gone for what came
// to nothing.
func (c *Canvas) Printf(format string, args ...any) { fmt.Fprintf(&c.out, format+"\n", args...) }

// Text writes text at a place. The anchor is "" for a text that begins there, or middle, or end.
func (c *Canvas) Text(x, y int, class, anchor, text string) {
	if text == "" {
		return
	}
	if anchor != "" {
		anchor = ` text-anchor="` + anchor + `"`
	}
	c.Printf(`<text class="%s"%s x="%d" y="%d">%s</text>`, strings.TrimSpace("text "+class), anchor, x, y, html.EscapeString(text))
}

// Write writes the picture, with a title and a description for screen readers.
func (c *Canvas) Write(w io.Writer, title, description string) error {
	height := c.Y + Margin/2
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %d %d" width="%d" height="%d">
<title>%s</title>
<desc>%s</desc>
%s<rect class="page" x=".5" y=".5" width="%d" height="%d" rx="6"/>
%s</svg>
`, PictureWidth, height, PictureWidth, height, html.EscapeString(title), html.EscapeString(description),
		style, PictureWidth-1, height-1, c.out.String())
	return err
}
