package experiments

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// thrice returns a sample of three rounds that came out alike.
func thrice(d time.Duration) Sample { return Sample{d.Seconds(), d.Seconds(), d.Seconds()} }

// turns returns a turn of three rounds in which three clients waited so long.
func turns(a, b, c time.Duration) turn {
	return turn{[3]Sample{thrice(a), thrice(b), thrice(c)}, []bool{true, true, true}}
}

func TestVerdictsAboutWaitingFollowFromTheFigures(t *testing.T) {
	three, none, third := turns(ms, 320*ms, 641*ms), turns(ms, ms, 2*ms), turns(0, 2*ms, 203*ms)
	unlike, unserved := turns(ms, 320*ms, 641*ms), turns(ms, 320*ms, 641*ms)
	unlike.waits[1] = Sample{.001, .32, .32}
	unserved.complete = []bool{false, false, false}
	sleepers := &sleepers{d: 400 * ms, n: 2}
	slept := func(one, less, full Sample) map[behind]Sample {
		return map[behind]Sample{{rig.Sequential, 1}: one, {rig.Pool, 1}: less, {rig.Pool, 2}: full}
	}
	never := Sample{math.Inf(1), math.Inf(1), math.Inf(1)}
	judge(t, []judged{
		{"waits in turn", "yyyy", inTurnVerdicts(each(three, none, third, third), 440*ms, 120*ms)},
		{"waits of other servers", "nnnn", inTurnVerdicts(each(none, three, none, three), 440*ms, 120*ms)},
		{"waits whose rounds differ", "?nnn", inTurnVerdicts(each(unlike, unserved, none, three), 440*ms, 120*ms)},
		{"clients that were not measured", "????", inTurnVerdicts(nil, 440*ms, 120*ms)},

		{"sleepers that block", "yyy", sleepers.verdicts(slept(thrice(401*ms), thrice(ms), thrice(399*ms)))},
		{"sleepers that do not", "nnn", sleepers.verdicts(slept(thrice(ms), thrice(401*ms), thrice(ms)))},
		{"sleepers before a client that is never served", "nnn", sleepers.verdicts(slept(never, never, never))},
		{"sleepers whose rounds differ", "???", sleepers.verdicts(slept(Sample{.001, .4, .4}, Sample{.001, .4, .4}, Sample{.2, .4, .4}))},
	})
}

func TestVerdictsAboutRepliesFollowFromTheFigures(t *testing.T) {
	written := func(slow, once, undelayed replied) map[string]replied {
		return map[string]replied{byteByByte: slow, oneWrite: once, noDelay: undelayed}
	}
	replies := func(first, next, later time.Duration) replied {
		return replied{thrice(first), thrice(next), thrice(later)}
	}
	quick, mixed := replies(ms, ms, ms), Sample{.001, .041, .041}
	none := Sample{math.Inf(1), math.Inf(1), math.Inf(1)}
	never := replied{none, none, none}
	judge(t, []judged{
		{"a delay", "yyyy", nagleVerdicts(written(replies(41*ms, 41*ms, ms), quick, quick))},
		{"no delay", "nnyy", nagleVerdicts(written(quick, quick, quick))},
		{"a delay for all", "nnnn", nagleVerdicts(written(replies(41*ms, 41*ms, 41*ms), replies(41*ms, 41*ms, 41*ms), quick))},
		{"a delay that is far too long", "nnnn", nagleVerdicts(written(replies(410*ms, 410*ms, 410*ms), quick, replies(410*ms, ms, ms)))},
		{"replies whose rounds differ", "????", nagleVerdicts(written(replied{mixed, mixed, mixed}, quick, replied{mixed, nil, nil}))},

		{"no reply at all", "nnnn", nagleVerdicts(written(never, never, never))},
		{"no reply from the server that writes once", "nnyn", nagleVerdicts(written(quick, never, quick))},

		{"questions that were not answered", "nn", lostUpdateVerdicts(never.first, never.first, 2)},
		{"lost without a lock", "yy", lostUpdateVerdicts(Sample{7, 1, 9}, Sample{0, 0, 0}, 2)},
		{"lost with a lock, once", "nn", lostUpdateVerdicts(Sample{0, 0, 0}, Sample{0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 2)},
		{"lost in some rounds", "?y", lostUpdateVerdicts(Sample{7, 0, 0}, Sample{0, 0, 0}, 2)},
	})
	assert.Empty(t, whys(nagleVerdicts(written(replies(41*ms, 41*ms, 41*ms), quick, quick))[2:]))
	assert.Empty(t, whys(lostUpdateVerdicts(Sample{0, 0, 0}, Sample{0, 0, 0}, 8)))
	assert.Contains(t, whys(lostUpdateVerdicts(Sample{0, 0, 0}, Sample{0, 0, 0}, 1)), "On one processor")
}

func TestVerdictsAboutVisitsFollowFromTheFigures(t *testing.T) {
	squat, visit := &squat{n: 2, idle: 200 * ms}, &oneMore{patience: time.Second}
	servedAfter := func(d time.Duration) rig.Visit { return rig.Visit{Connected: ms, Known: d, Greeted: true} }
	// Visits of three rounds: while idle clients may stay for ever, and to the pool while their time is limited.
	squatted := func(threaded, pool, bounded, limited rig.Visit) map[squatted][]rig.Visit {
		thrice := func(v rig.Visit) []rig.Visit { return []rig.Visit{v, v, v} }
		return map[squatted][]rig.Visit{
			{rig.Threaded, 0}: thrice(threaded), {rig.Pool, 0}: thrice(pool), {rig.BoundedAccept, 0}: thrice(bounded), {rig.Pool, squat.idle}: thrice(limited),
		}
	}
	// The first of all, and then the clients of a round each.
	got := func(visits ...rig.Visit) (r reception) {
		r.first = visits[:1]
		for _, v := range visits[1:] {
			r.more = append(r.more, []rig.Visit{v, v})
		}
		return r
	}
	busy := rig.Visit{Connected: ms, Known: ms, Reason: rig.ErrRefused}
	unconnected := rig.Visit{Known: time.Second, Reason: rig.ErrNoGreeting}
	cutOff := rig.Visit{Connected: ms, Known: ms, Reason: errors.New("closed")}
	slow := rig.Visit{Connected: ms, Known: 900 * ms, Reason: rig.ErrRefused}
	oneSlow := got(served, busy, busy, busy)
	oneSlow.more[1][1] = slow
	judge(t, []judged{
		{"squatters that a timeout ends", "yyyy", squat.verdicts(squatted(served, gaveUp, gaveUp, servedAfter(210*ms)))},
		{"squatters that stop only who should serve on", "nnnn", squat.verdicts(squatted(gaveUp, served, served, served))},
		{"a timeout that ends too late", "yyyn", squat.verdicts(squatted(served, gaveUp, gaveUp, servedAfter(600*ms)))},
		{"a timeout that ends too early", "yyyn", squat.verdicts(squatted(served, gaveUp, gaveUp, servedAfter(80*ms)))},
		{"a timeout that ends nothing", "yyyn", squat.verdicts(squatted(served, gaveUp, gaveUp, gaveUp))},
		{"squatters that nobody saw", "????", squat.verdicts(nil)},

		{"a quick refusal", "yyyy", visit.verdicts(got(served, gaveUp, gaveUp), got(served, gaveUp), got(served, busy))},
		{"a slow refusal, and a service", "nnnn", visit.verdicts(got(served, served), got(served, served), got(busy, slow))},
		{"a service where a refusal was expected", "yyny", visit.verdicts(got(served, gaveUp), got(served, gaveUp), got(served, served))},
		{"a client that is only cut off", "yyny", visit.verdicts(got(served, gaveUp), got(served, gaveUp), got(served, cutOff))},
		{"a client that could not connect", "nyyy", visit.verdicts(got(served, gaveUp), got(served, unconnected), got(served, busy))},
		{"clients that got different things", "????", visit.verdicts(got(served, gaveUp, served), got(served, gaveUp, served), reception{[]rig.Visit{served, busy}, [][]rig.Visit{{served}, {busy}}})},
		{"one slow refusal of many", "yy?y", visit.verdicts(got(served, gaveUp), got(served, gaveUp), oneSlow)},
	})
	assert.Empty(t, whys(visit.verdicts(got(served, served), got(served, served), got(served, served))))
	assert.Equal(t, "not served within 1s; served in 1 of 2 rounds", outcomes([]rig.Visit{gaveUp, served}))
}
