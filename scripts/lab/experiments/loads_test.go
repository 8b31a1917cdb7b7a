package experiments

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/server"
)

// degradedParts are three parts in three rounds: long requests that a goroutine for each client and a pool have computed,
// and requests answered in time, for clients with a patience and for patient ones, all as shares of the capacity.
func degradedParts(threaded, pool, inTime, patiently float64) map[string]degraded {
	part := func(long float64) degraded {
		return degraded{
			long: Sample{long, long, long}, churned: Sample{pool, pool, pool}, all: []bool{true, true, true},
			inTime: map[time.Duration]Sample{100 * ms: {inTime, inTime, inTime}, patient: {patiently, patiently, patiently}},
		}
	}
	return map[string]degraded{rig.Threaded: part(threaded), rig.Pool: part(pool), rig.BoundedAccept: part(0)}
}

// overloaded5 are five servers in three rounds: the goodput of the parts and of those that refuse and shed, and the share
// of clients answered in time afterwards by the last and by a pool.
func overloaded5(parts, refusing, shedding, afterShedding, afterPool float64) map[string]overloadSeen {
	server := func(goodput, after float64) overloadSeen {
		return overloadSeen{goodput: Sample{goodput, goodput, goodput}, recovered: Sample{after, after, after}}
	}
	return map[string]overloadSeen{
		rig.Threaded: server(parts, 0), rig.Pool: server(parts, afterPool), rig.BoundedAccept: server(parts, 0),
		rig.Refusing: server(refusing, 0), rig.Shedding: server(shedding, afterShedding),
	}
}

// stormed is the goodput of each policy, and of shedding, after a spike, in three rounds.
func stormed(none, atOnce, budget, shedding float64) map[string]Sample {
	seen := make(map[string]Sample)
	for i, goodput := range []float64{none, atOnce, budget, shedding} {
		seen[retryings[i].subject] = Sample{goodput, goodput, goodput}
	}
	return seen
}

// littleRounds are three rounds under two loads, in which so many times as many clients were there as predicted.
func littleRounds(all, waiting float64) [][]crowds {
	c := crowds{population{rate: 100, stay: .1, size: 10 * all}, population{rate: 100, stay: .05, size: 5 * waiting}}
	return [][]crowds{{c, c, c}, {c, c, c}}
}

func TestVerdictsAboutLoadsFollowFromTheFigures(t *testing.T) {
	pressed := &degrading{patience: 100 * ms}
	judge(t, []judged{
		{"a pool that computes for nobody", "yynnyyy", pressed.verdicts(degradedParts(.15, 1, 0, .9))},
		{"a pool that is graceful, and goroutines, too", "ynyynyy", pressed.verdicts(degradedParts(.9, 1, .9, .9))},
		{"servers that stand still", "nynnynn", pressed.verdicts(degradedParts(0, 0, 0, 0))},
		{"servers that do ten times what can be", "nnnnnnn", pressed.verdicts(degradedParts(10, 10, 10, 10))},
		{"servers near the bounds", "???????", pressed.verdicts(degradedParts(.6, .6, .5, .5))},
		{"servers that were not measured", "???????", pressed.verdicts(nil)},

		{"an overload that only shedding stands", "yyyyyyy", overloadVerdicts(overloaded5(0, .7, .95, 1, 0))},
		{"an overload that all stand but who sheds", "nnnnnnn", overloadVerdicts(overloaded5(.9, .3, .6, .2, 1))},
		{"ten times the capacity", "nnnnnyn", overloadVerdicts(overloaded5(10, 10, 10, 1, 1))},
		{"an overload near the bounds", "???????", overloadVerdicts(overloaded5(.25, .5, .8, .7, .25))},
		{"an overload that was not measured", "???????", overloadVerdicts(nil)},

		{"a storm that stays, but for who sheds or saves", "yyyy", stormVerdicts(stormed(1, 0, .9, 1.1), nil)},
		{"a storm in a teacup", "ynyy", stormVerdicts(stormed(1, 1, 1, 1), nil)},
		{"a storm that nothing ends", "n?nn", stormVerdicts(stormed(0, 0, 0, 0), nil)},
		{"a storm that leaves a doubt", "????", stormVerdicts(stormed(.6, .5, .6, .6), nil)},
		{"servers that answer more than comes", "nnnn", stormVerdicts(stormed(10, 10, 10, 10), nil)},
		{"a storm at a server that ends", "y?yy", stormVerdicts(stormed(1, 0, .9, 1.1), map[string]bool{"retries at once": true})},
		{"a storm that was not measured", "????", stormVerdicts(nil, nil)},

		{"as many clients as predicted", "yy", littleVerdicts(littleRounds(1, 1))},
		{"more clients than predicted", "nn", littleVerdicts(littleRounds(1.5, 1.5))},
		{"fewer clients than predicted", "ny", littleVerdicts(littleRounds(.5, 1))},
		{"nearly as many clients as predicted", "??", littleVerdicts(littleRounds(1.15, .85))},
		{"clients that do not wait", "n?", littleVerdicts([][]crowds{{{all: population{100, .1, 1}}}})},
		{"clients that were not counted", "??", littleVerdicts(make([][]crowds, 2))},
	})
}

func TestTheLoadAtWhichTheLawFailsIsShown(t *testing.T) {
	rounds := func(all float64) []crowds { return littleRounds(all, 1)[0] }
	for _, test := range []struct {
		answer, measured string
		loads            []float64
	}{
		{"y", "10, which is 100 % of it", []float64{1, 1}},
		{"n", "20, which is 200 % of it", []float64{2, 1}},
		{"n", "20, which is 200 % of it", []float64{1.15, 2, 1}},
		{"?", "12, which is 115 % of it", []float64{1.15, 1}},
	} {
		var seen [][]crowds
		for _, load := range test.loads {
			seen = append(seen, rounds(load))
		}
		v := littleVerdicts(seen)[0]
		assert.Equal(t, test.answer, answers([]Verdict{v}), "%v", test.loads)
		assert.Equal(t, test.measured, v.Measured)
	}
	nobodyLeft := crowds{all: population{rate: 100, stay: 0, size: 50}}
	assert.Equal(t, "n", answers(littleVerdicts([][]crowds{{nobodyLeft, nobodyLeft, nobodyLeft}})[:1]))
}

func TestAReasonForADegradationIsGivenOnlyIfTheFiguresShowIt(t *testing.T) {
	pressed := &degrading{patience: 100 * ms}
	assert.Contains(t, whys(pressed.verdicts(degradedParts(.15, 1, 0, .9))), "who have just left")
	assert.Contains(t, whys(pressed.verdicts(degradedParts(.15, 1, 0, .9))), "time slices")
	assert.Empty(t, whys(pressed.verdicts(degradedParts(1, 0, 0, 0))), "it computes for nobody at all")
}

func TestEachPatienceIsSweptOnce(t *testing.T) {
	for _, test := range []struct {
		patience, d time.Duration
		want        []time.Duration
	}{
		{100 * ms, 200 * ms, []time.Duration{50 * ms, 100 * ms, 200 * ms, 300 * ms, patient}},
		{100 * ms, 50 * ms, []time.Duration{50 * ms, 100 * ms, 200 * ms, patient}},
		{patient, 50 * ms, []time.Duration{patient / 2, patient, 2 * patient}},
		{2 * patient, 50 * ms, []time.Duration{patient, 2 * patient, 4 * patient}},
	} {
		p := &degrading{patience: test.patience}
		p.d = test.d
		assert.Equal(t, test.want, p.patiences(), "%v", test.patience)
	}
}

func TestAClaimForThePatientSaysHowLongTheOverloadLasts(t *testing.T) {
	p := &degrading{patience: 100 * ms}
	p.d = 200 * ms
	assert.Equal(t, "in the first 400ms of an overload a pool degrades gracefully for clients with 5s", p.verdicts(nil)[5].Claim)
}

func TestALoadThatIsNotWhatItShouldBeDoesNotCount(t *testing.T) {
	load := func(lag time.Duration, ends ...rig.End) *rig.Load {
		l := &rig.Load{To: time.Second}
		for _, end := range ends {
			l.Requests = append(l.Requests, rig.Request{Lag: lag, End: end})
		}
		return l
	}
	assert.NoError(t, loadFlaw("a server", load(ms, rig.Refused, rig.CutOff, rig.Late, rig.Open), 100*ms), "whatever a server does is a result")
	assert.ErrorAs(t, loadFlaw("a server", load(60*ms, rig.Answered), 100*ms), new(flaw))
	assert.ErrorAs(t, loadFlaw("a server", load(0, rig.Unstarted, rig.Answered), 100*ms), new(flaw))
}

func TestAServerHasRecoveredWhenItStaysSo(t *testing.T) {
	for _, test := range []struct {
		slices []float64
		want   string
	}{
		{[]float64{1, 1, 1, 1, 1, 1}, "0s"},
		{[]float64{1, 0, .5, .8, 1, 1}, "300ms"},
		{[]float64{1, 1, 1, 1, 1, 0}, "> 600ms"},
	} {
		var r Result
		stormSeen{subject: "retries", slices: test.slices}.enter(&r, 100*ms)
		recovered, _ := r.Rows[0].Figure("recovered after")
		assert.Equal(t, test.want, recovered.String())
		assert.Len(t, r.Rows, 1+1+len(test.slices))
		assert.True(t, r.Rows[1].Plotted)
	}
}

func TestAServerThatAnswersMoreThanItCanDoesNotCount(t *testing.T) {
	l := &rig.Load{To: time.Second, Requests: slices.Repeat([]rig.Request{{End: rig.Answered}}, 20)}
	assert.NoError(t, measured{Load: l, capacity: 15}.flaw("a server"))
	assert.ErrorAs(t, measured{Load: l, capacity: 10}.flaw("a server"), new(flaw))
}

func TestReadingsTellHowManyClientsStayHowLong(t *testing.T) {
	reading := func(uptime float64, waiting, serving, served int64, waited, stayed float64) server.Vars {
		v := server.Vars{Uptime: uptime}
		v.Waiting, v.Serving, v.Served, v.Waited, v.Stayed = waiting, serving, served, waited, stayed
		return v
	}
	c := crowd([]server.Vars{
		reading(10, 0, 2, 100, 7, 30),
		reading(11, 4, 2, 105, 9, 40),
		reading(14, 0, 2, 110, 12, 50),
	}, 2.5)
	assert.Equal(t, population{rate: 2.5, stay: 2, size: (4.*1 + 4*3) / 4}, c.all)
	assert.Equal(t, population{rate: 2.5, stay: .5, size: (2.*1 + 2*3) / 4}, c.waiting)
}

func TestTheCapacityOfAServerIsJudgedByItsOwn(t *testing.T) {
	var c computing
	c.begin()
	assert.NoError(t, c.odd("slow", 10, true))
	assert.NoError(t, c.odd("fast", 100, true), "another server may be as fast as it likes")
	assert.NoError(t, c.odd("slow", 25, true))
	assert.ErrorAs(t, c.odd("fast", 30, true), new(flaw))
	assert.ErrorAs(t, c.odd("slow", 100, true), new(flaw))
	assert.ErrorAs(t, c.odd("slow", 0, false), new(flaw), "it has answered before")
	assert.NoError(t, c.odd("silent", 0, false))
	assert.NoError(t, c.odd("silent", 0, false))
	assert.ErrorAs(t, c.odd("busy", 0, true), new(flaw))
	for range 3 {
		c.odd("fast", 30, true)
	}
	assert.NoError(t, c.odd("fast", 30, true), "the machine stays slower")
}

func TestARoundInWhichNobodyIsAnsweredDoesNotCount(t *testing.T) {
	var c computing
	c.begin()
	_, err := c.typical()
	assert.ErrorAs(t, err, new(flaw))
	c.failed = true
	_, err = c.typical()
	assert.NoError(t, err, "a server that ends is a result")
	c.begin()
	c.now = Sample{10, 1, 30}
	capacity, err := c.typical()
	assert.NoError(t, err)
	assert.Equal(t, 10.0, capacity)
}

func TestAServerWithoutCapacityHasNoGoodput(t *testing.T) {
	var r Result
	nothing := measured{Load: &rig.Load{To: time.Second}}
	p := &degrading{patience: 100 * ms}
	got := p.enter(&r, degraded{}, &pressing{name: "dead", under: []measured{nothing, nothing}, burst: nothing, long: nothing}, []float64{.5, 4})
	assert.Equal(t, Sample{0}, got.inTime[100*ms])
	assert.Equal(t, []bool{false}, got.all, "nobody came, so nobody was answered")
	assert.True(t, got.unfit)
	dead := degradedParts(0, 1, 0, .9)
	threaded := dead[rig.Threaded]
	threaded.unfit = true
	dead[rig.Threaded] = threaded
	assert.Equal(t, "y?nn?yy", answers(p.verdicts(dead)), "it is not the overload that keeps it from answering")
	seen := overloadSeen{}.and(&r, ramp{"dead", []measured{nothing, nothing}, nothing.Load}, []float64{.5, 4})
	assert.Equal(t, overloadSeen{Sample{0}, Sample{0}, true}, seen)
	parts := overloaded5(0, .7, .95, 1, 0)
	pool := parts[rig.Pool]
	pool.unfit = true
	parts[rig.Pool] = pool
	assert.Equal(t, "y?yyyy?", answers(overloadVerdicts(parts)), "it is not the overload that keeps it from answering")
	nobody, _ := r.Rows[len(r.Rows)-1].Figure("half within")
	assert.Equal(t, "nobody", nobody.String())
	assert.EqualValues(t, rig.Unknown, nobody.Value)
}
