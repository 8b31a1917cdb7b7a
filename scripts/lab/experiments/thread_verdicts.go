package experiments

import (
	"fmt"
	"math"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// What the footnote is about: so many threads that wake up so many times a second.
const (
	claimedThreads = 10_000
	claimedSpace   = 80e9
	claimedWakes   = claimedThreads * 20
)

// threadsFound is what os-threads has found, round by round.
type threadsFound struct {
	costs  map[string]cost
	space  Sample // bytes of address space for 10,000 threads
	cores  Sample // processors for 10,000 threads that wake up 20 times a second
	steady []bool // whether the machine was free enough for these figures
	fewest int    // threads that there were
}

// add adds a round with threads that should have slept for the time wanted.
func (f *threadsFound) add(s rig.Spam, wanted time.Duration) {
	if f.fewest == 0 || s.Threads < f.fewest {
		f.fewest = s.Threads
	}
	f.steady = append(f.steady, s.Wakes > 0 && s.Lasted < 1.5*wanted.Seconds())
	f.cores = append(f.cores, s.CPU/float64(max(s.Wakes, 1))*claimedWakes)
	if s.Space != rig.Unknown {
		f.space = append(f.space, float64(s.Space)/float64(max(s.Threads, 1))*claimedThreads)
	}
}

// verdicts judges what can be judged: without C there are no threads of C, and some systems tell no memory.
func (f *threadsFound) verdicts() (verdicts []Verdict) {
	if len(f.space) > 0 {
		verdicts = append(verdicts, f.spaceVerdict())
	}
	if thread := f.thread(); len(thread.memory) > 0 && !unknown(thread.memory) {
		verdicts = append(verdicts, memoryVerdict(f.costs[goroutineEach], thread))
	}
	if len(f.cores) > 0 {
		verdicts = append(verdicts, f.coresVerdict())
	}
	return verdicts
}

// thread returns the cost of a thread in C, or else in Go.
func (f *threadsFound) thread() cost {
	if c, ran := f.costs[threadEach]; ran {
		return c
	}
	return f.costs[lockedEach]
}

func (f *threadsFound) spaceVerdict() Verdict {
	v := Verdict{Claim: "10,000 threads occupy 80 GB of address space", Answer: f.space.Within(claimedSpace*.85, claimedSpace*1.2),
		Expected: "about 80 GB", Measured: fmt.Sprintf("%.0f GB%s", f.space.Median()/1e9, f.scaled())}
	v.Why = "Address space is reserved, not used: see what is resident."
	if v.Answer != Holds {
		v.Why = stackSize(rig.StackLimit())
	}
	return v
}

// stackSize says what the stack of a thread gets when the limit is so many bytes, or [rig.Unknown].
func stackSize(limit int64) string {
	if limit == rig.Unknown {
		return "There is no limit for stacks here (ulimit -s), so the C library chooses what the stack of a thread gets."
	}
	return "The stack of a thread gets " + Memory("", limit).String() + " here (ulimit -s)."
}

// scaled says from how many threads the figures are, if there were fewer than in the claim.
func (f *threadsFound) scaled() string {
	if f.fewest >= claimedThreads {
		return ""
	}
	return fmt.Sprintf(", by %d threads", f.fewest)
}

func memoryVerdict(goroutine, thread cost) Verdict {
	v := Verdict{Claim: "a thread takes more memory than a goroutine", Expected: "at least a tenth more"}
	if both(Agree(goroutine.whole), Agree(thread.whole)) != Holds {
		v.Answer, v.Measured = CouldNotTell, "a server did not serve all clients"
		v.Why = "A server that serves fewer clients uses less memory, and says nothing about this."
		return v
	}
	more := thread.memory.over(goroutine.memory)
	var share Sample // of what a thread takes; what the kernel takes for a goroutine is little, and may be told as nothing
	for i, m := range more {
		share = append(share, m/max(thread.memory[i], 1))
	}
	v.Measured = more.In(Bytes) + " more"
	v.Answer = share.Within(.1, math.Inf(1))
	if v.Answer == Holds && thread.kernel.Median() > thread.memory.Median()/2 {
		v.Why = "Most of it is in the kernel, which keeps a stack and other objects for each thread."
	}
	return v
}

// Beyond these cores the claim of one to two is wrong for certain. Between them and the claim lies what differs between
// one machine and another, and between a free machine and a busy one.
const (
	tooFewCores  = 0.2
	tooManyCores = 5
)

func (f *threadsFound) coresVerdict() Verdict {
	v := Verdict{Claim: "10,000 threads that wake up 20 times a second take one to two cores", Answer: CouldNotTell,
		Expected: fmt.Sprintf("1 to 2 cores; less than %v or more than %d would refute it", tooFewCores, tooManyCores), Measured: f.cores.In(Things) + " cores" + f.scaled()}
	switch {
	case Agree(f.steady) != Holds:
		v.Why = "Other programs kept the threads from waking up in time. Fewer of them would help."
	case f.cores.Within(1, 2) == Holds:
		v.Answer, v.Why = Holds, "Waking up and going to sleep again is all that they do."
	case f.cores.Within(tooFewCores, tooManyCores) == DoesNotHold:
		v.Answer = DoesNotHold
	default:
		v.final = true
		v.Why = "What it costs to wake up a thread differs between machines, and with what else they do, by more than the claim is wide."
	}
	return v
}
