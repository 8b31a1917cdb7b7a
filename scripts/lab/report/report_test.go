package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/timeline"
)

// narrow checks that no line is wider than width.
func narrow(t *testing.T, text string, width int) {
	t.Helper()
	for line := range strings.Lines(text) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimRight(line, "\n")), width, line)
	}
}

func lost() (experiments.Experiment, experiments.Result) {
	e := experiments.Experiment{
		Name: "lost-update", Claim: "threads lose what they count", Source: "our own", Shows: "Counts in two ways.",
		Bars: []string{"lost"},
	}
	r := experiments.Result{
		Notes: []string{"A note that goes below the table, and that is longer than a line of sixty columns."},
		Verdicts: []experiments.Verdict{
			{Claim: "without a lock, questions are lost", Expected: "some lost", Measured: "7 lost", Answer: experiments.Holds, Why: "Two read the same number."},
			{Claim: "with a lock, no question is lost", Expected: "0 lost", Measured: "1 lost", Answer: experiments.DoesNotHold},
		},
	}
	r.Row("without a lock", experiments.Count("asked", 20), experiments.Count("lost", 7))
	r.Row("with a lock", experiments.Count("asked", 20), experiments.Count("lost", 1))
	return e, r
}

func TestAResultIsShownFromClaimToVerdict(t *testing.T) {
	e, r := lost()
	text := Text(e, r, 60, false)
	assert.Equal(t, `
lost-update
Claim: threads lose what they count
Source: our own
Counts in two ways.

Lost
without a lock  █████████████████████████████████████████  7
with a lock     ██████  1

                asked  lost
without a lock     20     7
with a lock        20     1

A note that goes below the table, and that is longer than a
line of sixty columns.

✓ holds: without a lock, questions are lost
  expected: some lost; measured: 7 lost
  Two read the same number.
≠ not so here: with a lock, no question is lost
  expected: 0 lost; measured: 1 lost
`, text)
	narrow(t, text, 60)

	for i := range r.Rows {
		r.Rows[i].Figures = r.Rows[i].Figures[1:]
	}
	assert.Equal(t, 1, strings.Count(Text(e, r, 60, false), "\nwith a lock"), "a table would only repeat what the bars say")
}

func TestAPointOfACurveIsNotInTheTable(t *testing.T) {
	e := experiments.Experiment{Name: "storm", Claim: "it stays", Curves: []experiments.Curve{{X: "time", Y: "goodput"}}}
	var r experiments.Result
	r.Row("retries", experiments.Count("attempts", 3))
	for _, at := range []float64{1, 2} {
		r.Point("retries", experiments.Given("time", at, experiments.Seconds), experiments.Share("goodput", .5))
	}
	text := Text(e, r, 80, false)
	assert.Contains(t, text, "60 % ┤", "the curve")
	assert.Contains(t, text, "\nretries         3\n")
	assert.Equal(t, 2, strings.Count(text, "retries"), "in the legend and in the table")
}

func TestChartsCurvesAndUnknownFiguresAreShown(t *testing.T) {
	e := experiments.Experiment{Name: "idle-flood", Claim: "memory grows", Curves: []experiments.Curve{{X: "clients", Y: "memory"}}}
	var r experiments.Result
	r.Charts = []timeline.Chart{{Title: "part1-sequential: 1 served", Lanes: []timeline.Lane{{Name: "conn0", Served: time.Second}}}}
	r.Row("part1-sequential", experiments.Given("clients", 1, experiments.Things), experiments.Memory("memory", 1<<20))
	r.Row("part1-sequential", experiments.Given("clients", 2, experiments.Things), experiments.Memory("memory", -1))
	text := Text(e, r, 80, false)
	assert.Contains(t, text, "conn0  ◆━━")
	assert.Contains(t, text, "Memory by clients\n  1 MiB ┤")
	assert.Equal(t, 2, strings.Count(text, "●"), "one point, and the legend")
	assert.Contains(t, text, "–: this server has no such figure, or this system does not tell it")
	narrow(t, text, 80)

	dir := t.TempDir()
	written, err := Pictures(dir, e, r)
	require.NoError(t, err)
	assert.Equal(t, []string{"idle-flood.svg", "idle-flood-part1-sequential.svg", "idle-flood-curves.svg"}, written)
	picture, err := os.ReadFile(dir + "/idle-flood-part1-sequential.svg")
	require.NoError(t, err)
	wellFormed(t, string(picture))
	assert.Contains(t, string(picture), "<title>part1-sequential: 1 served</title>")
	_, err = Pictures(dir+"/none", e, r)
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestAPictureSaysWhatIsClaimedAndWhatWasFound(t *testing.T) {
	e, r := lost()
	dir := t.TempDir()
	_, err := Pictures(dir, e, r)
	require.NoError(t, err)
	picture, err := os.ReadFile(dir + "/lost-update.svg")
	require.NoError(t, err)
	for _, text := range []string{"Claim: threads lose what they count", "✓", "holds: without a lock, questions are lost. Measured: 7 lost", "≠", "not so here: with a lock, no question is lost. Measured: 1 lost"} {
		assert.Contains(t, string(picture), ">"+text+"<")
	}
}

func TestAWideTableIsSeveral(t *testing.T) {
	e := experiments.Experiment{Name: "wide", Claim: "it fits", Curves: []experiments.Curve{{X: "load", Y: "goodput"}}}
	var r experiments.Result
	for _, load := range []float64{1, 2} {
		r.Row("part2-threaded", experiments.Given("load", load, ""), experiments.Rate("computed", 1000), experiments.Rate("goodput", 10),
			experiments.Count("turned away", 1), experiments.Count("cut off", 1), experiments.Memory("memory", 1<<20))
	}
	r.Row("part2-threaded after a burst", experiments.Count("lost", 3))
	assert.Equal(t, `
                load  computed  goodput  turned  cut
                                           away  off
part2-threaded     1    1000/s     10/s       1    1
part2-threaded     2    1000/s     10/s       1    1

                load  memory
part2-threaded     1   1 MiB
part2-threaded     2   1 MiB

                              lost
part2-threaded after a burst     3
`, "\n"+figures(e, r.Rows, 55, false))
	assert.Equal(t, 1, strings.Count(figures(e, r.Rows, 100, false), "load"), "one table if there is room")
}

func TestAResultIsOneObjectInJSON(t *testing.T) {
	e, r := lost()
	r.Charts = []timeline.Chart{{Title: "part1-sequential", Lanes: []timeline.Lane{{Name: "conn0", Served: time.Second}}}}
	var out bytes.Buffer
	require.NoError(t, JSON(&out, rig.Machine{Cores: 2}, Outcome{e.Name, r, errors.New("broken")}))
	assert.Equal(t, 1, strings.Count(out.String(), "\n"))
	var object struct {
		Experiment, Error string
		Machine           map[string]any
		Charts            []struct {
			Title string
			Lanes []map[string]any
		}
		Rows []struct {
			Subject string
			Figures []map[string]any
		}
		Notes    []string
		Verdicts []map[string]string
	}
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&object))
	assert.Equal(t, "lost-update", object.Experiment)
	assert.Equal(t, "broken", object.Error)
	assert.Equal(t, 2.0, object.Machine["cores"])
	assert.Equal(t, 1000.0, object.Charts[0].Lanes[0]["served_ms"])
	assert.Equal(t, map[string]any{"name": "lost", "value": 7.0}, object.Rows[0].Figures[1])
	assert.Len(t, object.Notes, 1)
	assert.Equal(t, "not so here", object.Verdicts[1]["answer"])
}

func TestTheSummaryHasALineForEachClaim(t *testing.T) {
	text := Summary([]Outcome{
		{"one", experiments.Result{Verdicts: []experiments.Verdict{
			{Claim: "threads overlap", Expected: "3 at once", Measured: "3 at once", Answer: experiments.Holds},
			{Claim: "a claim that is longer than its column, so that it takes two lines", Expected: "yes", Measured: "no", Answer: experiments.DoesNotHold},
		}}, nil},
		{"two", experiments.Result{}, errors.New("broken")},
	}, rig.Machine{System: "plan9/arm", Cores: 1, MaxProcs: 1, Quota: rig.Unknown, Go: "go1.26.0", Descriptors: rig.Unknown, Load: 0.2, Used: 1, Of: 1}, 3, 80, false)
	assert.Equal(t, `
   claim                            expected               measured
one
✓  threads overlap                  3 at once              3 at once
≠  a claim that is longer than its  yes                    no
   column, so that it takes two
   lines
two
   could not find out: see above

✓ holds  ≠ not so here  ? could not tell
Of 2 claims 1 hold here, 1 do not, and 0 could not be told.
Interrupted: 1 of 3 experiments did not end.
Machine: plan9/arm, 1 processor, go1.26.0
Before this run: load average 0.2, other programs used 1.0 of 1 processor
This machine is busy with other programs: expect more rounds, and "could not
tell".
`, text)
}

func TestASummaryWithoutAVerdictIsATableToo(t *testing.T) {
	text := Summary([]Outcome{{"one", experiments.Result{}, errors.New("broken")}}, rig.Machine{}, 1, 80, false)
	assert.Contains(t, text, "\none\n   could not find out: see above\n")
}

func TestATableFitsItsWidth(t *testing.T) {
	wide := Table{Head: []string{"", "a long heading of words", "another"}, Rows: [][]string{{"name", "1", "22"}}, Right: true}
	assert.Equal(t, "      a long heading of words  another\nname                        1       22\n", wide.Text(80, false))
	assert.Equal(t, ""+
		"       a long  another\n"+
		"      heading\n"+
		"           of\n"+
		"        words\n"+
		"name        1       22\n", wide.Text(30, false))
}
