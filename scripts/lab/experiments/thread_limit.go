package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
)

// A pastLimit is what became of a server to which more clients came than the Go runtime allows threads.
type pastLimit struct {
	served int
	words  string // how the runtime said why it ended the server; "" if it did not
	kept   string // what kept the other clients away, if something did
}

// pastTheLimit is the beginning of the experiment os-threads: more threads than the Go runtime allows. This is
// counted and not timed, so once is enough.
func pastTheLimit(ctx context.Context, t *Trial, r *Result) ([]Verdict, error) {
	const clients = maxThreads + 100
	var got pastLimit
	err := t.With(ctx, rig.Threaded, []string{"-quiet", "-os-threads"}, func(s *rig.Server) error {
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		if err := crowd.Join(ctx, clients); err != nil { // the server may end while they join
			got.kept = err.Error()
		}
		var err error
		got.served, err = reaches(ctx, s, crowd.Greeted, crowd.Held())
		if got.words = lastWords(s.Log()); got.words != "" {
			await(ctx, s)
		}
		return err
	})
	if err != nil && !errors.Is(err, rig.ErrEnded) {
		return nil, err
	}
	if got.words != "" {
		r.Note("The last words of the server past the limit: %s.", got.words)
	}
	return []Verdict{got.verdict()}, nil
}

// lastPatience is how long a server may take to end: before that it prints what each of its goroutines was doing.
const lastPatience = 30 * time.Second

// await waits for the end of s.
func await(ctx context.Context, s *rig.Server) {
	select {
	case <-s.Exited():
	case <-ctx.Done():
	case <-time.After(lastPatience):
	}
}

// verdict judges by why the server ended. That it did not says something only if it served more clients than that.
func (got pastLimit) verdict() Verdict {
	v := Verdict{Claim: "the Go runtime ends a program with more than 10,000 threads", Answer: CouldNotTell,
		Expected: "it ends", Measured: fmt.Sprintf("it served %d clients", got.served)}
	switch {
	case strings.Contains(got.words, "10000-thread limit"):
		v.Answer, v.Measured = Holds, "it ended"
		v.Why = "The runtime takes that many threads for a mistake that would fill the machine, and no recover stops it (runtime/debug.SetMaxThreads sets the limit)."
	case got.words != "":
		v.Measured += ", and ended"
		v.Why = "It ended for another reason: " + got.words + "."
	case got.served > maxThreads:
		v.Answer = DoesNotHold
	default:
		v.Why = "So few do not reach the limit: " + cmp.Or(got.kept, "the server took no more") + "."
	}
	return v
}

// lastWords returns how the Go runtime says why it ends the program.
func lastWords(log string) string {
	var words []string
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "runtime: ") || strings.HasPrefix(line, "fatal error: ") {
			words = append(words, strings.TrimSpace(line))
		}
	}
	return strings.Join(words, "; ")
}
