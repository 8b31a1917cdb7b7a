package report

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/timeline"
)

// Pictures writes the drawings of a result into the folder dir: all charts, all curves or the bars as
// one picture under the experiment's name, and each chart by itself with its own name behind that.
// It returns the names of the files.
func Pictures(dir string, e experiments.Experiment, r experiments.Result) (written []string, err error) {
	title := strings.ToUpper(e.Claim[:1]) + e.Claim[1:]
	write := func(name string, draw func(io.Writer) error) {
		written = append(written, name+".svg")
		err = errors.Join(err, writeFile(filepath.Join(dir, name+".svg"), draw))
	}
	if len(r.Charts) > 0 {
		write(e.Name, func(w io.Writer) error { return timeline.SVG(w, title, r.Charts...) })
	}
	for _, c := range r.Charts {
		name, _, _ := strings.Cut(c.Title, ":") // behind it stands what was seen
		write(e.Name+"-"+slug(name), func(w io.Writer) error { return timeline.SVG(w, c.Title, c) })
	}
	if plots := curvesOf(e, r); len(plots) > 0 {
		write(e.Name, func(w io.Writer) error { return curvesSVG(w, title, plots...) })
	}
	if b := barsOf(e, r); len(b.rows) > 0 {
		write(e.Name, func(w io.Writer) error { return barsSVG(w, title, b) })
	}
	return written, err
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

func slug(text string) string { return strings.Trim(notInNames.ReplaceAllString(text, "-"), "-") }

func writeFile(name string, draw func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(draw(f), f.Close())
}
