package experiments

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// judged returns the answers that a judge gives.
func judged(judge func(*Trial)) string {
	var told []Event
	judge(NewTrial(nil, func(e Event) { told = append(told, e) }))
	return answers(told)
}

func TestVerdictsAboutSpeedFollowFromTheFigures(t *testing.T) {
	const ms = time.Millisecond
	thread := perThread{memory: 20 << 10, space: 8 << 20, threads: 1, cpu: 50e-6}
	goroutine := perThread{memory: 4 << 10, space: 40 << 10, cpu: 20e-6}
	gaveUp := rig.Visit{Connected: ms, Known: time.Second, Reason: rig.ErrNoGreeting}
	served := rig.Visit{Connected: ms, Known: ms, Greeted: true}
	for _, test := range []struct {
		what, want string
		judge      func(*Trial)
	}{
		{"threads that cost", "yyy", func(t *Trial) { threadVerdicts(t, goroutine, thread) }},
		{"threads that cost nothing", "nnn", func(t *Trial) { threadVerdicts(t, goroutine, goroutine) }},
		{"threads of which the system tells nothing", "", func(t *Trial) { threadVerdicts(t, goroutine, perThread{space: rig.Unknown}) }},

		{"heavy clients that hurt", "yn", func(t *Trial) { kneesVerdicts(t, 24, cheapLoad{100, 9}, cheapLoad{100, 9}, cheapLoad{}) }},
		{"heavy clients that do not", "ny", func(t *Trial) { kneesVerdicts(t, 24, cheapLoad{100, 11}, cheapLoad{100, 11}, cheapLoad{}) }},

		{"a pool that computes for nobody", "ynny", func(t *Trial) { degradationVerdicts(t, pressed{1, 0}, pressed{1, 0}, pressed{1, 0}) }},
		{"a pool that is graceful", "yyyn", func(t *Trial) { degradationVerdicts(t, pressed{1, .9}, pressed{1, .9}, pressed{1, .9}) }},
		{"a pool that stands still", "nnny", func(t *Trial) { degradationVerdicts(t, pressed{}, pressed{}, pressed{}) }},

		{"two knees", "yy", func(t *Trial) { poolSizeVerdicts(t, 32, 2, 32, 2) }},
		{"one knee", "nn", func(t *Trial) { poolSizeVerdicts(t, 32, 32, 32, 2) }},

		{"a delay", "yy", func(t *Trial) { nagleVerdicts(t, 41*ms, ms, ms) }},
		{"no delay", "ny", func(t *Trial) { nagleVerdicts(t, ms, ms, ms) }},
		{"a delay for all", "nn", func(t *Trial) { nagleVerdicts(t, 41*ms, 41*ms, 41*ms) }},

		{"lost without a lock", "yy", func(t *Trial) { lostUpdateVerdicts(t, 7, 0, 2) }},
		{"lost with a lock", "nn", func(t *Trial) { lostUpdateVerdicts(t, 0, 7, 2) }},

		{"a quick refusal", "yyy", func(t *Trial) { refuseVerdicts(t, gaveUp, gaveUp, rig.Visit{Known: ms}, time.Second) }},
		{"a slow refusal, and a service", "nnn", func(t *Trial) { refuseVerdicts(t, served, served, rig.Visit{Known: time.Second}, time.Second) }},
	} {
		assert.Equal(t, test.want, judged(test.judge), test.what)
	}
}

func TestAReasonIsGivenOnlyWhereTheFiguresShowIt(t *testing.T) {
	whys := func(judge func(*Trial)) (all string) {
		judge(NewTrial(nil, func(e Event) {
			if v, ok := e.(Verdict); ok {
				all += v.Why
			}
		}))
		return all
	}
	assert.Contains(t, whys(func(t *Trial) { degradationVerdicts(t, pressed{1, 0}, pressed{1, 0}, pressed{1, 0}) }), "who have just left")
	assert.Empty(t, whys(func(t *Trial) { degradationVerdicts(t, pressed{}, pressed{}, pressed{}) }), "it computes for nobody at all")
	assert.Empty(t, whys(func(t *Trial) { nagleVerdicts(t, 41*time.Millisecond, 0, 41*time.Millisecond) }))
	assert.Empty(t, whys(func(t *Trial) { refuseVerdicts(t, rig.Visit{Greeted: true}, rig.Visit{Greeted: true}, rig.Visit{}, 1) }))
	assert.Empty(t, whys(func(t *Trial) { lostUpdateVerdicts(t, 0, 0, 8) }))
}

func TestPoolSizesDoubleBeyondTheProcessors(t *testing.T) {
	assert.Equal(t, []int{1, 2, 4, 8, 16, 32}, poolSizes(2))
	assert.Equal(t, 256, poolSizes(96)[8])
	assert.Len(t, poolSizes(96), 9)
}

func TestAMeasurementByWhichNobodyCanBeJudgedIsAnError(t *testing.T) {
	var o overload
	assert.NoError(t, o.sane(rig.Pool, 0, pressed{0.5, 0.5}))
	assert.NoError(t, o.sane(rig.Pool, 4, pressed{1, 0}))
	assert.ErrorContains(t, o.sane(rig.Pool, 4, pressed{1.7, 1.7}), "run it again")
	assert.ErrorContains(t, o.sane(rig.Pool, 0, pressed{0.5, 0}), "-patience")
}

func TestTheKneeIsTheFirstThatIsNearlyAsGoodAsTheBest(t *testing.T) {
	assert.Equal(t, 2, knee([]float64{10, 50, 90, 100, 95}))
	assert.Equal(t, 0, knee([]float64{100, 100, 100}))
	assert.Equal(t, 4, knee([]float64{1, 2, 4, 8, 16}))
}

func TestAFigureIsReadAsAPersonReadsIt(t *testing.T) {
	for _, test := range []struct {
		figure Figure
		want   string
	}{
		{Count("", 12345), "12345"},
		{Count("", rig.Unknown), "–"},
		{Count("", 3).As("three"), "three"},
		{Memory("", 4710), "4.6 KiB"},
		{Memory("", 8<<20), "8 MiB"},
		{Memory("", 12), "12 B"},
		{Memory("", rig.Unknown), "–"},
		{Time("", 1500*time.Millisecond), "1.5s"},
		{Time("", 0), "0s"},
		{Rate("", 0), "0/s"},
		{Rate("", 5.25), "5.2/s"},
		{Rate("", 182.4), "182/s"},
	} {
		assert.Equal(t, test.want, test.figure.String())
	}
}
