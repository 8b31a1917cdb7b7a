package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
)

// progress says what is being done: on a terminal as a bar that goes away when it is done, elsewhere as lines of log.
type progress struct {
	terminal io.Writer // nil if there is none
	log      *slog.Logger
	bar      *progressbar.ProgressBar // nil while nothing is being done
}

func newProgress(w io.Writer, mode console.ColorMode) *progress {
	p := &progress{log: console.NewLogger(w, "", mode, false)}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = w
	}
	return p
}

// barColumns is the width of a bar with its figures.
const barColumns = 36

// say says what is done besides the steps.
func (p *progress) say(what string) {
	if p.terminal == nil || p.bar == nil {
		p.log.Info(what)
	}
}

// step shows a trial's next step.
func (p *progress) step(name string, s experiments.Step) {
	if p.terminal == nil {
		p.log.Info(fmt.Sprintf("%s %d/%d: %s", name, s.Number, s.Of, s.What))
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(s.Of,
			progressbar.OptionSetWriter(p.terminal),
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
	if room := width(p.terminal) - barColumns; len(text) > room { // a line that wraps could not be taken away
		text = append(text[:room-1], '…')
	}
	p.bar.Describe(string(text))
}

// end takes the bar away.
func (p *progress) end() {
	if p.terminal == nil {
		return
	}
	if p.bar != nil {
		p.bar.Clear()
		p.bar = nil
	}
	fmt.Fprint(p.terminal, "\r\033[K")
}
