package experiments

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/timeline"
)

// An Experiment is one thing to try, and what is claimed about it.
type Experiment struct {
	Name   string
	Place  int    // in the list, smallest first
	Claim  string // in a line
	Source string // who makes it
	Shows  string // what is done and what to look for, in some sentences

	Curves []Curve  // which figures of the rows are worth seeing as curves
	Bars   []string // which figures of the rows are parts of one bar; one figure makes a plain bar

	// Setup declares the parameters, with their defaults, and returns what runs with the values that they will have.
	Setup func(fs *flag.FlagSet) Run
}

// A Run does an experiment and tells t what it finds. It returns an error when it could not find out.
type Run func(ctx context.Context, t *Trial) error

// A Curve is the figure called Y over the figure called X, for each subject.
type Curve struct{ X, Y string }

var all []Experiment

func add(e Experiment) { all = append(all, e) }

// All returns the experiments in their order.
func All() []Experiment {
	return slices.SortedFunc(slices.Values(all), func(a, b Experiment) int { return cmp.Compare(a.Place, b.Place) })
}

// A Trial is one run of an experiment. It tells a listener what happens.
type Trial struct {
	Servers *rig.Servers

	mu          sync.Mutex
	listen      func(Event)
	step, steps int
}

// NewTrial returns a trial with the given servers. It calls listen for each event, for one at a time.
func NewTrial(servers *rig.Servers, listen func(Event)) *Trial {
	return &Trial{Servers: servers, listen: listen}
}

func (t *Trial) tell(e Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.listen(e)
}

// Steps says of how many steps the trial will consist. It and Step are for the goroutine that runs the experiment.
func (t *Trial) Steps(n int) { t.steps = n }

// Step says what is done next.
func (t *Trial) Step(format string, args ...any) {
	t.step++
	t.tell(Step{t.step, t.steps, fmt.Sprintf(format, args...)})
}

// Lanes lets clients run, as lanes of the chart called name, and returns that chart. The lanes are called names
// instead of conn0 and so on, where there are names. A client that failed is an error.
func (t *Trial) Lanes(ctx context.Context, name string, run client.Run, names ...string) (timeline.Chart, error) {
	run.Log = slog.New(slog.DiscardHandler)
	run.Follow = func(i int, stage client.Stage, lane timeline.Lane) {
		if i < len(names) {
			lane.Name = names[i]
		}
		t.tell(Lane{name, i, stage, lane})
	}
	chart := run.Do(ctx)
	if ctx.Err() != nil {
		return chart, console.ErrInterrupted
	}
	for _, l := range chart.Lanes {
		if l.Failure != "" {
			return chart, fmt.Errorf("%s, %s: %s", name, l.Name, l.Failure)
		}
	}
	return chart, nil
}

// Title gives the chart called name a title, when it is known what the chart shows.
func (t *Trial) Title(name, title string) { t.tell(Title{name, title}) }

// Row tells figures about a subject: a server, or a way of doing something.
func (t *Trial) Row(subject string, figures ...Figure) { t.tell(Row{subject, figures}) }

// Note tells something that stands below the results, in a sentence or more.
func (t *Trial) Note(format string, args ...any) { t.tell(Note{fmt.Sprintf(format, args...)}) }

// Verdict tells whether a claim holds.
func (t *Trial) Verdict(v Verdict) { t.tell(v) }

// Settled waits until the clients of s have come where they will be, and tells its meters.
func (t *Trial) Settled(ctx context.Context, s *rig.Server) (rig.Meters, error) {
	m, err := s.Settled(ctx)
	if err == nil {
		t.tell(Reading{s.Part, m})
	}
	return m, err
}

// duration declares a flag for a time between two others.
func duration(fs *flag.FlagSet, name string, value, least, most time.Duration, usage string) *time.Duration {
	d := &within{value, least, most}
	fs.Var(d, name, usage)
	return &d.value
}

type within struct{ value, least, most time.Duration }

func (d *within) String() string {
	if d.value == 0 {
		return ""
	}
	return console.Duration(d.value)
}

func (d *within) Set(text string) error {
	value, err := time.ParseDuration(text)
	if err != nil || value < d.least || value > d.most {
		return fmt.Errorf("want a time from %s to %s, for example %s", console.Duration(d.least), console.Duration(d.most), console.Duration(d.value))
	}
	d.value = value
	return nil
}

// count declares a flag for a number from 1 up.
func count(fs *flag.FlagSet, name string, value int, usage string) *int {
	n := new(int)
	console.CountVar(fs, n, name, value, usage)
	return n
}
