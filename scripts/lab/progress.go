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
	color    bool
	log      *slog.Logger
	bar      *progressbar.ProgressBar // nil while nothing is being done
}

func newProgress(w io.Writer, mode console.ColorMode) *progress {
	p := &progress{color: mode.Enabled(w), log: console.NewLogger(w, "", mode, false)}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = w
	}
	return p
}

// begin says what is done in one step.
func (p *progress) begin(what string) {
	if p.terminal == nil {
		p.log.Info(what)
		return
	}
	fmt.Fprintf(p.terminal, "\r\033[K%s", what)
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
	p.bar.Describe(name + ": " + s.What)
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
