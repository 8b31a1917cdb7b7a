package main

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/schollz/progressbar/v3"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
)

// progress says what is being done: on a terminal as a bar that goes away, elsewhere as lines of log.
type progress struct {
	w     io.Writer
	log   *slog.Logger
	bar   *progressbar.ProgressBar // nil while there is none
	round string                   // the last that the log has named
	named time.Time
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

// step shows the next step of an experiment. In a log it names the rounds only, and not each of many short ones.
func (p *progress) step(name string, s experiments.Step) {
	round := name
	if s.Round > 0 {
		round += fmt.Sprint(" round ", s.Round)
	}
	if !console.Interactive(p.w) {
		if p.round != round && (s.Round < 2 || time.Since(p.named) >= betweenLines) {
			p.log.Info(fmt.Sprintf("%s, %s", round, steps(s.Of)))
			p.named = time.Now()
		}
		p.round = round
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
	text := []rune(round + ": " + s.What)
	if room := width(p.w) - barColumns; len(text) > room { // a line that wraps could not be taken back
		text = append(text[:room-1], '…')
	}
	p.bar.Describe(string(text))
}

// betweenLines is the shortest time between two lines about rounds of an experiment.
const betweenLines = 5 * time.Second

func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
		fmt.Fprint(p.w, "\r\033[K")
	}
}
