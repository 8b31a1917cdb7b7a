package experiments

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// answers returns the answers of verdicts as one word, y, n or ? for each.
func answers(verdicts []Verdict) string {
	word := ""
	for _, v := range verdicts {
		word += map[Answer]string{Holds: "y", DoesNotHold: "n", CouldNotTell: "?"}[v.Answer]
	}
	return word
}

const ms = time.Millisecond

// Made-up visits.
var (
	served  = rig.Visit{Connected: ms, Known: ms, Greeted: true}
	gaveUp  = rig.Visit{Connected: ms, Known: time.Second, Reason: rig.ErrNoGreeting}
	refused = rig.Visit{Connected: ms, Known: ms, Reason: errors.New("closed")}
)

// in returns where clients were, in the program and in the backlog, round by round.
func in(figures ...float64) (p place) {
	for round := range slices.Chunk(figures, 2) {
		p.accepted, p.backlog = append(p.accepted, round[0]), append(p.backlog, round[1])
	}
	return p
}

func waits(pool, python, bounded place) map[string]place {
	return map[string]place{rig.Pool: pool, rig.PythonPool: python, rig.BoundedAccept: bounded}
}

// rates are the address space of 10,000 threads, the cores that they take, and the memory of a thread in goroutines.
type rates struct{ space, cores, memory float64 }

// threadsIn returns what was found in rounds, three of each kind.
func threadsIn(kinds ...rates) *threadsFound {
	f := &threadsFound{fewest: claimedThreads, costs: make(map[string]cost)}
	goroutine, thread := cost{}, cost{}
	for range 3 {
		for _, k := range kinds {
			f.space, f.cores, f.steady = append(f.space, k.space), append(f.cores, k.cores), append(f.steady, true)
			goroutine = goroutine.and(costOnce{whole: true, resident: 4000, kernel: 6000})
			thread = thread.and(costOnce{whole: true, resident: int64(4000 * k.memory), kernel: int64(6000 * k.memory)})
		}
	}
	f.costs[goroutineEach], f.costs[threadEach] = goroutine, thread
	return f
}

func each[T any](one, threaded, pool, bounded T) map[string]T {
	return map[string]T{rig.Sequential: one, rig.Threaded: threaded, rig.Pool: pool, rig.BoundedAccept: bounded}
}

// took returns three rounds in which an addition took half a nanosecond and a goroutine half a microsecond.
func took(roundTrip, process float64) timings {
	return timings{
		anAddition: {.5e-9, .5e-9, .5e-9}, aGoroutine: {.5e-6, .5e-6, .5e-6},
		aRoundTrip: {roundTrip, roundTrip, roundTrip}, aProcess: {process, process, process},
	}
}

// joined returns the rounds of both.
func joined(a, b timings) timings {
	all := make(timings)
	for thing := range a {
		all[thing] = slices.Concat(a[thing], b[thing])
	}
	return all
}

// judged are verdicts, and the word of their answers that they should have.
type judged struct {
	what, want string
	verdicts   []Verdict
}

func judge(t *testing.T, tests []judged) {
	t.Helper()
	for _, test := range tests {
		assert.Equal(t, test.want, answers(test.verdicts), test.what)
		for _, v := range test.verdicts {
			assert.NotContains(t, v.Claim+v.Expected+v.Measured+v.Why, "%!", test.what)
			assert.NotEmpty(t, v.Claim, test.what)
			assert.NotEmpty(t, v.Expected, test.what)
		}
	}
}

func TestVerdictsFollowFromTheFigures(t *testing.T) {
	// Three rounds in which so many were served at once, and the third soon after the first had left.
	trio := func(n float64) trioSeen {
		return trioSeen{Sample{n, n, n}, []bool{true, true, true}, Sample{.01, .02, .01}}
	}
	mixed, lateThird, unserved := trio(2), trio(2), trio(2)
	mixed.served = Sample{1, 3, 1}
	lateThird.moment = Sample{.8, .9, .8}
	unserved.complete = []bool{false, false, false}
	busy, turnedAway := threadsIn(rates{84e9, 1.5, 2}), threadsIn(rates{84e9, 1.5, 2})
	busy.steady[1], turnedAway.costs[threadEach].whole[1] = false, false
	flood := &flood{clients: 40}
	calm := flooded{served: []bool{true, true, true}}
	dead, wavering := flooded{served: []bool{false, false, false}}, flooded{served: []bool{true, false, true}}
	waiters := &waiters{clients: 50, n: 2}
	judge(t, []judged{
		{"three clients as the parts promise", "yyyy", trioVerdicts(each(trio(1), trio(3), trio(2), trio(2)))},
		{"three clients at other servers", "nnnn", trioVerdicts(each(trio(3), trio(1), trio(1), trio(3)))},
		{"three clients whose rounds differ", "??nn", trioVerdicts(each(mixed, mixed, lateThird, unserved))},

		{"pools that take all", "nny", waiters.verdicts(waits(in(50, 0), in(50, 0), in(2, 48)))},
		{"pools that block, and slots that do not", "yyn", waiters.verdicts(waits(in(2, 48), in(2, 48), in(50, 0)))},
		{"pools and slots whose rounds differ", "???", waiters.verdicts(waits(in(2, 48, 50, 0), in(2, 48, 50, 0), in(2, 48, 50, 0)))},
		{"a lost client", "nnn", waiters.verdicts(waits(in(50, 0), in(50, 0), in(2, 47)))},
		{"slots where the system does not tell the backlog", "nnn", waiters.verdicts(waits(in(50, 0), in(50, 0), in(50, rig.Unknown)))},
		{"slots where the system does not tell the backlog, either", "ny", waiters.verdicts(waits(in(50, 0), in(rig.Unknown, rig.Unknown), in(2, rig.Unknown)))},
		{"servers that end", "nnn", waiters.verdicts(waits(place{ended: true}, place{ended: true}, place{ended: true}))},

		{"idle clients that stop a pool", "nnn", flood.verdicts(calm, calm, dead)},
		{"idle clients that stop the others", "yyy", flood.verdicts(dead, dead, calm)},
		{"idle clients that stop some in some rounds", "???", flood.verdicts(wavering, wavering, wavering)},
		{"few idle clients that kill", "y", []Verdict{scaleVerdict(4000, Verdict{Answer: Holds}, flooded{})}},
		{"few idle clients that don't", "?", []Verdict{scaleVerdict(4000, Verdict{Answer: DoesNotHold}, flooded{memory: Sample{40 << 10}})}},
		{"many idle clients that don't", "n", []Verdict{scaleVerdict(100_000, Verdict{Answer: DoesNotHold}, flooded{})}},
		{"idle clients that can't be judged", "?", []Verdict{scaleVerdict(100_000, Verdict{Answer: CouldNotTell}, flooded{})}},

		{"costs as on most machines", "ny", took(40e-6, 2e-3).verdicts()},
		{"a slow network, and cheap processes", "yn", took(3e-3, 20e-6).verdicts()},
		{"costs near the bounds", "??", took(520e-6, 52e-6).verdicts()},
		{"a network slower than any, and processes too", "nn", took(100, 100).verdicts()},
		{"a server that does not answer", "?y", took(math.Inf(1), 2e-3).verdicts()},
		{"costs whose rounds differ", "??", joined(took(40e-6, 2e-3), took(3e-3, 20e-6)).verdicts()},

		{"threads as in the text", "yyy", threadsIn(rates{84e9, 1.5, 2}).verdicts()},
		{"threads that take ten times of all", "nyn", threadsIn(rates{840e9, 22, 10}).verdicts()},
		{"threads that cost nothing", "nnn", threadsIn(rates{1e9, .01, .5}).verdicts()},
		{"threads that take a little more than in the text", "y??", threadsIn(rates{84e9, 3, 1.12}).verdicts()},
		{"threads whose rounds differ", "???", threadsIn(rates{84e9, 1.5, 2}, rates{20e9, 3, .5}).verdicts()},
		{"threads on a machine that was too busy", "yy?", busy.verdicts()},
		{"threads and clients that were not served", "y?y", turnedAway.verdicts()},
		{"threads of which the system tells nothing", "", (&threadsFound{}).verdicts()},
		{"the limit of threads", "y", []Verdict{pastLimit{served: 9990, words: "runtime: program exceeds 10000-thread limit"}.verdict()}},
		{"no limit of threads", "n", []Verdict{pastLimit{served: 10_100}.verdict()}},
		{"clients that could not come", "?", []Verdict{pastLimit{served: 9282, kept: "refused"}.verdict()}},
		{"another end", "?", []Verdict{pastLimit{served: 5000, words: "fatal error: out of memory"}.verdict()}},
	})
}

func TestWithoutALimitTheCLibraryChoosesTheStacks(t *testing.T) {
	assert.Equal(t, "The stack of a thread gets 8 MiB here (ulimit -s).", stackSize(8<<20))
	assert.Contains(t, stackSize(rig.Unknown), "There is no limit")
}

// whys returns the reasons of all verdicts.
func whys(verdicts []Verdict) (all string) {
	for _, v := range verdicts {
		all += v.Why
	}
	return all
}

func TestAReasonIsGivenOnlyIfTheFiguresShowIt(t *testing.T) {
	assert.Contains(t, whys(threadsIn(rates{84e9, 1.5, 2}).verdicts()), "Most of it is in the kernel")
	assert.NotContains(t, whys(threadsIn(rates{84e9, 1.5, .5}).verdicts()), "in the kernel")
	assert.Contains(t, scaleVerdict(4000, Verdict{Answer: DoesNotHold}, flooded{memory: Sample{40 << 10}}).Why, "300000 would take 11 GiB")
	assert.NotContains(t, scaleVerdict(4000, Verdict{Answer: DoesNotHold}, flooded{memory: Sample{rig.Unknown}}).Why, "300000")
}

func TestMemoryIsKnownOnlyIfItWasBefore(t *testing.T) {
	assert.Equal(t, int64(500), perClient(1000, 2000, 2))
	assert.Equal(t, int64(rig.Unknown), perClient(rig.Unknown, 2000, 2))
	assert.Equal(t, int64(rig.Unknown), perClient(1000, rig.Unknown, 2))
}

func TestTheLastWordsOfTheRuntimeAreFound(t *testing.T) {
	log := "runtime: program exceeds 10000-thread limit\nfatal error: thread exhaustion\n\ngoroutine 1 [running]:\n"
	assert.Equal(t, "runtime: program exceeds 10000-thread limit; fatal error: thread exhaustion", lastWords(log))
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
		{Time("", 1500*ms), "1.5s"},
		{Time("", 0), "0s"},
		{Rate("", 0), "0/s"},
		{Rate("", 5.25), "5.2/s"},
		{Rate("", 182.4), "182/s"},
		{Figure{Value: .42e-9, Unit: Seconds}, "0.4ns"},
		{Figure{Value: 265e-9, Unit: Seconds}, "265ns"},
		{Figure{Value: 1, Unit: Times}, "1"},
		{Figure{Value: 99.6, Unit: Times}, "100"},
		{Figure{Value: 1264, Unit: Times}, "1,300"},
		{Figure{Value: 234_567_890, Unit: Times}, "230,000,000"},
	} {
		assert.Equal(t, test.want, test.figure.String())
	}
}
