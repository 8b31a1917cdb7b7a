package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/schollz/progressbar/v3"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
)

// progress says what is being done: on a terminal as a bar that goes away, elsewhere as lines of log.
type progress struct {
	w   io.Writer
	log *slog.Logger
	bar *progressbar.ProgressBar // nil while there is none
}

func newProgress(w io.Writer, mode console.ColorMode) *progress {
	return &progress{w: w, log: console.NewLogger(w, "", mode, false)}
}

// say logs what is done besides the steps. While there is a bar it says nothing.
func (p *progress) say(what string) {
	if p.bar == nil {
		p.log.Info(what)
	}
}

// barColumns is the width of a bar with its figures.
const barColumns = 36

// step shows the next step of an experiment.
func (p *progress) step(name string, s experiments.Step) {
	if s.Round > 0 {
		name += fmt.Sprint(" round ", s.Round)
	}
	if !console.Interactive(p.w) {
		p.log.Info(fmt.Sprintf("%s %d/%d: %s", name, s.Number, s.Of, s.What))
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(s.Of,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetWidth(16),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionShowCount(),
			progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionClearOnFinish(),
		)
	}
	p.bar.Set(s.Number - 1)
	text := []rune(name + ": " + s.What)
	if room := width(p.w) - barColumns; len(text) > room { // a line that wraps could not be taken back
		text = append(text[:room-1], '…')
	}
	p.bar.Describe(string(text))
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
		fmt.Fprint(p.w, "\r\033[K")
	}
}
