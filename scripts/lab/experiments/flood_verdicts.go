package experiments

import (
	"fmt"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// verdicts judges the three servers that the claim is about.
func (p *flood) verdicts(threads, goroutines, pool flooded) (verdicts []Verdict) {
	for _, claim := range []struct {
		what string
		flooded
	}{{"thread", threads}, {"goroutine", goroutines}} {
		verdicts = append(verdicts, Verdict{
			Claim:  fmt.Sprintf("%d idle clients kill a server with a %s for each", p.clients, claim.what),
			Answer: opposite(Agree(claim.served)), Expected: "the honest client is not served", Measured: claim.last,
		})
	}
	v := Verdict{Claim: "a pool serves on beside idle clients", Answer: Agree(pool.served),
		Expected: "the honest client is served", Measured: pool.last}
	if v.Answer == DoesNotHold {
		v.Why = "An idle client keeps its worker until the idle timeout frees it, and so does the next one in the queue; see the experiment squatters."
	}
	return append(verdicts, v)
}

// opposite returns the answer to the opposite claim.
func opposite(a Answer) Answer {
	switch a {
	case Holds:
		return DoesNotHold
	case DoesNotHold:
		return Holds
	}
	return CouldNotTell
}

// What the text speaks of.
const (
	fewestClaimed = 100_000
	claimedIdle   = 300_000
)

// scaleVerdict judges the claim at the scale of the text, by what so many clients did and what each cost.
func scaleVerdict(clients int, killed Verdict, threads flooded) Verdict {
	v := Verdict{Claim: "a few 100,000s of idle clients kill a server with a thread for each", Answer: CouldNotTell,
		Expected: "the honest client is not served", Measured: fmt.Sprintf("with %d: %s", clients, killed.Measured)}
	switch {
	case killed.Answer == Holds, killed.Answer == DoesNotHold && clients >= fewestClaimed:
		v.Answer = killed.Answer
	case killed.Answer == CouldNotTell:
		v.Why = "Not even so many could be judged."
	default:
		v.Why = fmt.Sprintf("So many were not tried: each takes an open file of the lab and one of the server (ulimit -n%s).", allowed())
		if each := threads.memory.Median(); each > 0 {
			v.Why += fmt.Sprintf(" By what each costs here, %d would take %s of memory, the kernel's and that of their own connections with it.",
				claimedIdle, Bytes.Format(each*claimedIdle))
		}
	}
	return v
}

// allowed says how many files a process may have open, if the system tells it.
func allowed() string {
	if limit := rig.DescriptorLimit(); limit != rig.Unknown {
		return fmt.Sprintf(" is %d here", limit)
	}
	return ""
}
