package experiments

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/scripts/lab/rig"
)

func TestTheBoundsOfASampleAreThoseOfTheSignTest(t *testing.T) {
	for n, want := range map[int]int{1: 0, 5: 0, 8: 0, 9: 1, 11: 1, 12: 2, 15: 3, 17: 4, 20: 5} {
		assert.Equal(t, want, outliers(n), "%d values, as in a table of the sign test", n)
	}
	s := Sample{9, 1, 2, 3, 4, 5, 6, 7, 8}
	low, high := s.Bounds()
	assert.Equal(t, []float64{5, 2, 8}, []float64{s.Median(), low, high})
	assert.Equal(t, Sample{9, 1, 2, 3, 4, 5, 6, 7, 8}, s, "it is not sorted in place")
	assert.Equal(t, 2.5, Sample{4, 1, 2, 3}.Median())
	assert.Zero(t, Sample{}.Median())
}

func TestASampleIsJudgedWithAMargin(t *testing.T) {
	for _, test := range []struct {
		s         Sample
		low, high float64
		want      Answer
	}{
		{Sample{20, 21, 22}, 10, 30, Holds},
		{Sample{20, 21, 28}, 10, 30, CouldNotTell}, // 28 and a tenth is more than 30
		{Sample{10.5, 12, 13}, 10, 30, CouldNotTell},
		{Sample{5, 6, 7}, 10, 30, DoesNotHold},
		{Sample{5, 6, 9.5}, 10, 30, CouldNotTell},
		{Sample{35, 36, 40}, 10, 30, DoesNotHold},
		{Sample{31, 36, 40}, 10, 30, CouldNotTell},
		{Sample{5, 6, 40}, 10, 30, CouldNotTell}, // outside on both sides
		{Sample{-5, -5, -5}, -6, math.Inf(1), Holds},
		{Sample{-5, -5, -5}, -4, math.Inf(1), DoesNotHold},
		{nil, 0, 1, CouldNotTell},
		{Sample{5, 5, 5, 5, 5, 5, 5, 5, 100}, 4, 6, Holds}, // one outlier of nine
	} {
		assert.Equal(t, test.want, test.s.Within(test.low, test.high), "%v from %v to %v", test.s, test.low, test.high)
	}
	assert.Equal(t, Holds, Agree([]bool{true, true, true}))
	assert.Equal(t, DoesNotHold, Agree([]bool{false, false, false}))
	assert.Equal(t, CouldNotTell, Agree([]bool{false, true, true}))
	assert.Equal(t, CouldNotTell, Agree(nil))
	assert.Equal(t, "2ms (1ms to 5ms)", Sample{.001, .002, .005}.In(Seconds))
	assert.Equal(t, "3", Sample{3, 3}.In(Things))
	assert.Equal(t, DoesNotHold, both(Holds, CouldNotTell, DoesNotHold))
	assert.Equal(t, CouldNotTell, both(Holds, CouldNotTell))
	assert.Equal(t, Holds, both(Holds, Holds))
}

func TestRoundsGoOnUntilAllVerdictsTell(t *testing.T) {
	for _, test := range []struct {
		effort Effort
		told   int // from which round on
		want   int // rounds
		answer Answer
	}{
		{Effort{Rounds: 3, Limit: time.Hour}, 1, 3, Holds},
		{Effort{Rounds: 3, Limit: time.Hour}, 7, 7, Holds},
		{Effort{Rounds: 3}, 1, 1, CouldNotTell},
		{Effort{Rounds: 1}, 1, 1, Holds},
	} {
		trial, rounds := Trial{Effort: test.effort}, 0
		verdicts, err := trial.Repeat(t.Context(), 1, func() error { rounds++; return nil }, func() []Verdict {
			v := Verdict{Answer: CouldNotTell}
			if rounds >= test.told {
				v.Answer = Holds
			}
			return []Verdict{v}
		})
		require.NoError(t, err)
		assert.Equal(t, test.want, rounds)
		assert.Equal(t, test.answer, verdicts[0].Answer)
	}
	quick := Trial{Effort: Effort{Quick: true}}
	verdicts, err := quick.Repeat(t.Context(), 1, func() error { return nil }, func() []Verdict { return []Verdict{{Answer: CouldNotTell}} })
	require.NoError(t, err)
	assert.Contains(t, verdicts[0].Why, "without -q")
	_, err = quick.Repeat(t.Context(), 1, func() error { return assert.AnError }, nil)
	assert.ErrorIs(t, err, assert.AnError)
}

func TestARoundWithAFlawDoesNotCount(t *testing.T) {
	trial, rounds := Trial{Effort: Effort{Rounds: 3, Limit: time.Hour}}, 0
	holds := func() []Verdict { return []Verdict{{Answer: Holds}} }
	verdicts, err := trial.Repeat(t.Context(), 1, func() error {
		if rounds++; rounds%2 == 1 {
			return fmt.Errorf("in it: %w", flaw("the lab was late"))
		}
		return nil
	}, holds)
	require.NoError(t, err)
	assert.Equal(t, 6, rounds)
	assert.Equal(t, Holds, verdicts[0].Answer)
	var r Result
	trial.noteFlaws(&r)
	assert.Equal(t, []string{"3 rounds did not count, of 6. The last reason: the lab was late."}, r.Notes)

	trial = Trial{Effort: Effort{Rounds: 3}}
	verdicts, err = trial.Repeat(t.Context(), 1, func() error { return flaw("the lab was late") }, holds)
	require.NoError(t, err)
	assert.Equal(t, CouldNotTell, verdicts[0].Answer)
	assert.Contains(t, verdicts[0].Why, "the lab was late")
}

func TestTheRoundsOfARowAreOneRow(t *testing.T) {
	var r Result
	for _, rate := range []float64{100, 104, 98} {
		r.Row("part1", Given("load", 1, Things).As("1×"), Rate("answers", rate), Memory("memory", rig.Unknown))
		r.Row("part1", Given("load", 2, Things), Figure{Name: "end", Text: "served"})
	}
	require.Len(t, r.Rows, 2)
	r.Row("part1", Given("load", 2, Things), Figure{Name: "end", Text: "refused"})
	load, _ := r.Rows[0].Figure("load")
	answers, _ := r.Rows[0].Figure("answers")
	memory, _ := r.Rows[0].Figure("memory")
	end, _ := r.Rows[1].Figure("end")
	assert.Equal(t, []string{"1×", "100/s ±3%", "–", "served (3 of 4)"}, []string{load.String(), answers.String(), memory.String(), end.String()})
	assert.Equal(t, &Spread{98, 104, 3}, answers.Spread)
	assert.Nil(t, load.Spread)
	assert.Equal(t, "0 % (to 38 %)", Figure{Unit: Percent, Spread: &Spread{0, 38, 3}}.String(), "a doubt is not hidden by a median of 0")
	late := Time("", ms)
	late.AtLeast = true
	assert.Equal(t, "> 1ms", late.String())
}
