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

// pastTheLimit is the end of the experiment os-threads: more threads than the Go runtime allows.
func pastTheLimit(ctx context.Context, t *Trial) error {
	const clients = maxThreads + 100
	var end string
	var held int
	err := t.Servers.With(ctx, rig.Threaded, []string{"-quiet", "-os-threads"}, func(s *rig.Server) error {
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		joinErr := crowd.Join(ctx, clients) // the server may end while they join
		held = crowd.Held()
		if errors.Is(joinErr, rig.ErrTooMany) {
			return joinErr
		}
		err := servesOrEnds(ctx, s, held)
		if err == errEnded {
			end = lastWords(s.Log())
		}
		return err
	})
	ended := errors.Is(err, errEnded)
	if errors.Is(err, rig.ErrTooMany) {
		t.Note("To go past %d threads takes as many connections: %v.", maxThreads, err)
		return nil
	}
	if err != nil && !ended {
		return err
	}
	if ended && !strings.Contains(end, "10000-thread limit") {
		return fmt.Errorf("the server ended for another reason than its number of threads: %s", cmp.Or(end, "it did not say why"))
	}
	v := Verdict{
		Claim:    "the Go runtime ends a program with more than 10,000 threads",
		Expected: "it ends",
		Measured: fmt.Sprintf("it runs on with %d clients", held),
		Holds:    ended,
	}
	if ended {
		v.Measured = "it ended"
		v.Why = "The runtime takes that many threads for a mistake that would fill the machine, and no recover stops it (runtime/debug.SetMaxThreads sets the limit)."
		t.Note("The last words of the server: %s.", end)
	}
	t.Verdict(v)
	return nil
}

// limitPatience is how long a server may take to end: it says of every goroutine what it was doing.
const limitPatience = 30 * time.Second

// servesOrEnds waits until the server serves so many clients, or has ended, which is errEnded.
func servesOrEnds(ctx context.Context, s *rig.Server, clients int) error {
	for began := time.Now(); time.Since(began) < limitPatience; {
		m, readErr := s.Read(ctx) // an error says that it is about to end
		select {
		case <-s.Exited():
			return errEnded
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		if readErr == nil && m.Serving >= int64(clients) {
			return nil
		}
	}
	return fmt.Errorf("neither serves %d clients nor ends, within %v", clients, limitPatience)
}

// errEnded says that the server has ended, as it should.
var errEnded = errors.New("ended")

// lastWords is how the Go runtime says why it ends the program.
func lastWords(log string) string {
	var words []string
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "runtime: ") || strings.HasPrefix(line, "fatal error: ") {
			words = append(words, strings.TrimSpace(line))
		}
	}
	return strings.Join(words, "; ")
}
