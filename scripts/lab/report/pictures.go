package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/timeline"
)

// Pictures writes the drawings of a result into the folder dir: all charts, all curves and the bars as
// one picture each, and each chart by itself, under the experiment's name and what tells them apart.
// It returns the names of the files.
func Pictures(dir string, e experiments.Experiment, r experiments.Result) (written []string, err error) {
	title := "Claim: " + e.Claim
	var found []string
	for _, v := range r.Verdicts {
		found = append(found, fmt.Sprintf("%s %s: %s. Measured: %s", marksOf[v.Answer].mark, v.Answer, v.Claim, v.Measured))
	}
	write := func(name string, draw func(io.Writer) error) {
		written = append(written, name+".svg")
		err = errors.Join(err, writeFile(filepath.Join(dir, name+".svg"), draw))
	}
	free := func(kind string) string { // one drawing has the experiment's name, others say what they are
		if len(written) == 0 {
			return e.Name
		}
		return e.Name + "-" + kind
	}
	if len(r.Charts) > 0 {
		write(e.Name, timeline.Picture{Title: title, Charts: r.Charts, Found: found}.SVG)
	}
	for i, c := range r.Charts {
		name, _, _ := strings.Cut(c.Title, ":") // behind it stands what was seen
		write(e.Name+"-"+slug(name), timeline.Picture{Charts: r.Charts[i : i+1], Beside: r.Charts}.SVG)
	}
	if plots := curvesOf(e, r); len(plots) > 0 {
		write(free("curves"), func(w io.Writer) error { return curvesSVG(w, title, found, plots...) })
	}
	if b := barsOf(e, r); len(b.rows) > 0 {
		write(free("bars"), func(w io.Writer) error { return barsSVG(w, title, found, b) })
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
