package experiments

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/scripts/lab/rig"
)

func shares(heavy int) *heavyLoad { return &heavyLoad{heavy: heavy} }

// knees returns how many heavy clients brought a goroutine for each, a pool of few, and a pool of many to their knees in
// three rounds, and the goodput of the pool of few.
func knees(each, few, many, goodput float64) map[sharedServer]sharing {
	three := func(knee float64) sharing {
		return sharing{knees: Sample{knee, knee, knee}, goodput: Sample{goodput, goodput, goodput}}
	}
	return map[sharedServer]sharing{eachItsOwn: three(each), fewWorkers: three(few), manyWorkers: three(many)}
}

// sizesIn returns right sizes in rounds, three of each kind: for waiting, and for computing on one processor and on all.
func sizesIn(all int, kinds ...[3]float64) poolKnees {
	k := poolKnees{all: all, computing: make(map[int]Sample)}
	for range 3 {
		for _, kind := range kinds {
			got := []poolRates{{poolWork: poolWork{sizes: []int{int(kind[0])}}, rates: []float64{1}}}
			for i, processors := range given(all) {
				got = append(got, poolRates{poolWork: poolWork{processors: processors, sizes: []int{int(kind[1+i])}}, rates: []float64{float64(processors)}})
			}
			k = k.and(got, false)
		}
	}
	return k
}

func TestVerdictsAboutProcessorsFollowFromTheFigures(t *testing.T) {
	differ := knees(0, 0, 0, 0)
	for server := range differ {
		differ[server] = sharing{knees: Sample{1, 24, 3}, goodput: Sample{.1, .9, .5}}
	}
	judge(t, []judged{
		{"heavy clients whose rounds differ", "?????", shares(24).verdicts(differ, 2)},
		{"twelve heavy clients on many processors", "nnnyn", shares(24).verdicts(knees(12, 12, 12, 0), 10)},
		{"heavy clients that do not hurt", "nnnny", shares(96).verdicts(knees(97, 97, 97, 1), 2)},
		{"too few heavy clients to tell", "????y", shares(24).verdicts(knees(25, 25, 25, 1), 64)},
		{"three heavy clients that hurt", "nnnyn", shares(24).verdicts(knees(3, 1, 3, 0), 2)},
		{"heavy clients that hurt as in the text", "yyynn", shares(24).verdicts(knees(24, 24, 24, .01), 2)},
		{"a pool that protects from heavy clients", "nynyy", shares(48).verdicts(knees(3, 24, 3, 1), 2)},

		{"knees that follow work and processors", "yy", sizesIn(2, [3]float64{32, 1, 2}).verdicts()},
		{"knees that follow nothing", "nn", sizesIn(2, [3]float64{1, 1, 1}).verdicts()},
		{"knees that are far too large", "nn", sizesIn(2, [3]float64{8, 8, 16}).verdicts()},
		{"knees that are a little too large", "?y", sizesIn(2, [3]float64{4, 2, 4}).verdicts()},
		{"a knee that may follow, and one that does not", "y?", sizesIn(2, [3]float64{32, 1, 2}, [3]float64{32, 1, 1}).verdicts()},
		{"a knee that follows once in a while", "n?", sizesIn(2, [3]float64{1, 1, 1}, [3]float64{1, 1, 2}).verdicts()},
		{"knees of one processor", "y?", sizesIn(1, [3]float64{32, 1, 1}).verdicts()},
		{"a knee of one processor that is too large", "yn", sizesIn(1, [3]float64{32, 8, 8}).verdicts()},
	})
}

func TestPoolSizesGrowBeyondTheProcessors(t *testing.T) {
	assert.Equal(t, []int{1, 2, 4, 8, 16, 32}, poolSizes(2, 32))
	assert.Equal(t, []int{1, 4, 16, 64}, poolSizes(4, 50))
	works := new(sizing).works(96, true)
	assert.Equal(t, 256, slices.Max(works[3].sizes))
	assert.Len(t, works, 4)
}

func TestARoundCountsIfTheProcessorsTell(t *testing.T) {
	rates := func(processors int, rates ...float64) poolRates {
		return poolRates{poolWork: poolWork{processors: processors}, rates: rates}
	}
	assert.True(t, apart(rates(1, 90, 100), rates(2, 100, 190)))
	assert.False(t, apart(rates(1, 90, 100), rates(2, 100, 130)))
	assert.True(t, apart(rates(1, 90, 100), rates(1, 90, 100)), "there is one processor")
	same := func(free bool) string {
		found := poolKnees{all: 2, computing: make(map[int]Sample)}
		for range 3 {
			got := []poolRates{rates(1, 1), rates(1, 100), rates(2, 130)}
			for i := range got {
				got[i].sizes = []int{[]int{32, 1, 1}[i]}
			}
			found = found.and(got, free)
		}
		return answers(found.verdicts())
	}
	assert.Equal(t, "y?", same(false), "it still tells waiting from computing")
	assert.Equal(t, "yn", same(true), "the server does not use a processor that is free")
}

func TestAPoolThatAnswersNobodyHasNoRightSize(t *testing.T) {
	silent := poolRates{poolWork: poolWork{sizes: []int{1, 2}, processors: 1}, rates: []float64{0, 0}}
	k := poolKnees{all: 1, computing: make(map[int]Sample)}
	for range 3 {
		k = k.and([]poolRates{silent, silent}, true)
	}
	verdicts := k.verdicts()
	assert.Equal(t, "??", answers(verdicts))
	assert.Equal(t, "it answered nobody", verdicts[0].Measured)
	assert.True(t, told(verdicts), "more rounds would not help")
}

func TestProcessorsAreFreeIfTheLabMissesLittle(t *testing.T) {
	steps := func(d time.Duration) time.Duration {
		began := time.Now()
		now := began
		return spinAlong(began, func() time.Time { now = now.Add(d); return now })
	}
	assert.Zero(t, steps(10*time.Microsecond))
	assert.Equal(t, spinFor, steps(4*ms), "another program had the processor")
	assert.True(t, mostlyFree([]time.Duration{0, 10 * ms}))
	assert.False(t, mostlyFree([]time.Duration{0, 40 * ms}))
	processorsFree(2) // ends, whatever it finds
}

func TestAPoolGetsOneProcessorThenMore(t *testing.T) {
	assert.Equal(t, []int{1}, given(1))
	assert.Equal(t, []int{1, 2}, given(2))
	assert.Equal(t, []int{1, 2, 96}, given(96))
}

func TestTheKneeIsTheFirstThatIsNearlyAsGoodAsTheBest(t *testing.T) {
	assert.Equal(t, 2, knee([]float64{10, 50, 90, 100, 95}))
	assert.Equal(t, 0, knee([]float64{100, 100, 100}))
	assert.Equal(t, 4, knee([]float64{1, 2, 4, 8, 16}))
	assert.Equal(t, 0, knee([]float64{0, 0}), "nobody was answered")
}

func TestAServerThatEndsIsAResult(t *testing.T) {
	var r Result
	poolRates{poolWork: poolWork{sizes: []int{1, 2}}, label: "waiting", rates: []float64{9, 0}, ended: []bool{false, true}}.show(&r)
	answers, _ := r.Rows[1].Figure("answers")
	assert.Equal(t, "it ended", answers.String())

	load := func(end rig.End) *rig.Load {
		return &rig.Load{To: time.Second, Requests: []rig.Request{{Took: ms, End: end}}}
	}
	dead := &besides{numbers: []int{0, 3, 6}, loads: []*rig.Load{load(rig.Answered), load(rig.CutOff), load(rig.Refused)}, ended: true}
	assert.Equal(t, 3.0, dead.knees())
	verdict := shares(6).kneesVerdict("", "", sharing{}.and(dead), 20, 53)
	assert.Equal(t, "3 suffice; it ended by itself in 1 round", verdict.Measured)
	dead.show(&r)
	_, known := r.Rows[4].Figure("half answered within")
	assert.False(t, known, "nobody was answered")
}

func TestQuickSweepsHaveTheSameKnees(t *testing.T) {
	assert.Equal(t, []int{0, 1, 2, 3, 6, 12, 24}, shares(24).heavies(false))
	assert.Equal(t, []int{0, 3, 6, 12, 24}, shares(24).heavies(true))
	assert.Equal(t, []int{0, 1}, shares(1).heavies(false))
}

func TestAServerIsSlowIfItAlwaysIsAndAnotherNever(t *testing.T) {
	for _, test := range []struct {
		each, few []bool
		machine   bool
	}{
		{[]bool{true, true}, []bool{false, false}, false},
		{[]bool{true, false, true}, []bool{false, false}, true},
		{[]bool{false, false}, []bool{false, false}, true},
		{[]bool{true, true}, []bool{false, true}, false},
	} {
		p := &heavyLoad{calm: map[sharedServer][]bool{eachItsOwn: test.each, fewWorkers: test.few}}
		assert.Equal(t, test.machine, p.slowMachine(), "%v", test)
	}
	assert.False(t, alwaysSlow([]bool{false}), "once tells nothing")
	assert.False(t, alwaysSlow([]bool{false, true}))
}
