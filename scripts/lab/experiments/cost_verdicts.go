package experiments

import (
	"fmt"
	"math"
	"runtime"

	"example.com/concurrent-servers/shared/console"
)

// timings are how many seconds each thing took, round by round.
type timings map[string]Sample

// ratio returns how often one thing could be done while the other is done once.
func (t timings) ratio(other, one string) (ratio Sample) {
	for i, seconds := range t[other] {
		ratio = append(ratio, seconds/t[one][i])
	}
	return ratio
}

// A round trip is slow by the text if it takes a million additions, and no network takes a hundred thousand times that.
const (
	millions    = 1e6
	tooManyAdds = 1e11
)

// A process is dear if it takes a hundred goroutines. It can't take ten million of them, or a second.
const (
	dear    = 100
	tooDear = 1e7
)

func (t timings) verdicts() []Verdict {
	trip := t.ratio(aRoundTrip, anAddition)
	network := Verdict{Claim: "a byte over loopback and back takes a million additions", Answer: trip.Within(millions, tooManyAdds),
		Expected: "at least 1,000,000 additions", Measured: trip.In(Times) + " additions"}
	switch {
	case math.IsInf(trip.Median(), 1):
		network.Answer, network.final, network.Measured = CouldNotTell, true, "it did not answer"
		network.Why = "A server that doesn't answer says nothing about the network."
	case network.Answer == DoesNotHold:
		far := betweenLands.Seconds() / t[anAddition].Median()
		network.Why = fmt.Sprintf("Loopback is the shortest of networks. A round trip of %s between continents would take %s additions.",
			console.Duration(betweenLands), Times.Format(far))
	}
	starts := t.ratio(aProcess, aGoroutine)
	process := Verdict{Claim: "a process takes more than a hundred goroutines to start", Answer: starts.Within(dear, tooDear),
		Expected: "at least 100 goroutines", Measured: starts.In(Times) + " goroutines"}
	if process.Answer == Holds && runtime.GOOS == "linux" {
		process.Why = "Warden writes that a new process can be time-consuming on some systems, though not on Linux. Beside a goroutine it is so on Linux, too."
	}
	return []Verdict{network, process}
}
