package main

import (
	"math"

	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

const (
	line = 20 // from one line of text to the next
	pad  = 8  // between a box and its text
)

// A sheet is a canvas with the few shapes that the figures consist of.
type sheet struct{ *timeline.Canvas }

func newSheet(title string) *sheet { return &sheet{timeline.NewCanvas(title)} }

// box draws a box with a name and lines of text in it, and returns where it ends.
func (s *sheet) box(x, y, width int, name string, lines ...string) (bottom int) {
	height := line*(1+len(lines)) + pad
	s.Printf(`<rect class="gone" x="%d" y="%d" width="%d" height="%d" rx="4"/>`, x, y, width, height)
	s.Text(x+width/2, y+line-1, "name", "middle", name)
	for i, text := range lines {
		s.Text(x+width/2, y+line*(i+2)-1, "", "middle", text)
	}
	return y + height
}

// arrow draws an arrow from one point to another, with a label above its middle.
func (s *sheet) arrow(x1, y1, x2, y2 int, label string) {
	s.Printf(`<path class="ink" stroke-width="1.5" d="M%d %dL%d %d"/>`, x1, y1, x2, y2)
	degrees := math.Round(math.Atan2(float64(y2-y1), float64(x2-x1)) * 180 / math.Pi)
	s.Printf(`<path class="ink" transform="translate(%d %d) rotate(%.0f)" d="M0 0l-10 -4v8z"/>`, x2, y2, degrees)
	s.Text((x1+x2)/2, (y1+y2)/2-7-max(y1-y2, y2-y1)/5, "", "middle", label)
}

// note writes lines of text beside x, from the first line's middle on, to the right, or with "end"
// to the left.
func (s *sheet) note(x, y int, class, anchor string, lines ...string) {
	beside := 2 * pad
	if anchor == "end" {
		beside = -beside
	}
	for i, text := range lines {
		s.Text(x+beside, y+5+i*line, class, anchor, text)
	}
}

// value draws a box with the value of a variable in it.
func (s *sheet) value(x, y int, value string) {
	s.Printf(`<rect class="gone" x="%d" y="%d" width="40" height="24" rx="4"/>`, x-20, y-12)
	s.Text(x, y+5, "", "middle", value)
}

// line draws the time of an actor or a variable, downwards.
func (s *sheet) line(x, from, to int) {
	s.Printf(`<path class="grid" stroke-width="2" d="M%d %dV%d"/>`, x, from, to)
}

// waiting draws the time in which an actor waits.
func (s *sheet) waiting(i, x, from, to int) {
	s.Printf(`<path class="wait" stroke="%s" d="M%d %dV%d"/>`, console.Lane(i).Hex, x, from, to)
}

// lane draws a client's time downwards with the marks of the charts: it arrives, waits and is
// served.
func (s *sheet) lane(i, x, arrived, admitted, done int) {
	s.waiting(i, x, arrived, admitted)
	s.Printf(`<path class="bar" fill="%s" d="M%d %dl7 7l-7 7l-7 -7z"/>`, console.Lane(i).Hex, x, arrived-7)
	s.bar(i, x, admitted, done)
}

// bar draws the time in which an actor does something.
func (s *sheet) bar(i, x, from, to int) {
	s.Printf(`<rect class="bar" fill="%s" x="%d" y="%d" width="14" height="%d" rx="2"/>`, console.Lane(i).Hex, x-7, from, to-from)
}

// end makes y the end of what is drawn so far, and writes a caption below it.
func (s *sheet) end(y int, caption string) {
	s.Y = y + pad
	s.Paragraph("soft", 0, caption)
}
