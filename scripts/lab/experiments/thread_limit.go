package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
)

// pastTheLimit is the end of the experiment os-threads: more threads than the Go runtime allows.
func pastTheLimit(ctx context.Context, t *Trial, r *Result) error {
	const clients = maxThreads + 100
	var held int
	var log string
	err := t.With(ctx, rig.Threaded, []string{"-quiet", "-os-threads"}, func(s *rig.Server) error {
		crowd := rig.NewCrowd(s.Addr)
		defer crowd.Close()
		joinErr := crowd.Join(ctx, clients) // the server may end while they join
		held = crowd.Held()
		if errors.Is(joinErr, rig.ErrTooMany) {
			return joinErr
		}
		err := servesOrEnds(ctx, s, held)
		log = s.Log()
		if err == nil && joinErr != nil {
			err = fmt.Errorf("%w, or %w; run it again", joinErr, console.ErrBusy)
		}
		return err
	})
	ended := errors.Is(err, errEnded)
	switch {
	case errors.Is(err, rig.ErrTooMany):
		r.Note("To go past %d threads takes as many connections: %v.", maxThreads, err)
		return nil
	case err != nil && !ended:
		return err
	}
	words := lastWords(log)
	if ended && !strings.Contains(words, "10000-thread limit") {
		return fmt.Errorf("the server ended for another reason than its number of threads: %s", cmp.Or(words, "it did not say why"))
	}
	if ended {
		r.Note("The last words of the server: %s.", words)
	}
	r.Verdicts = append(r.Verdicts, limitVerdict(ended, held))
	return nil
}

// limitVerdict judges by whether the server ended, and how many clients it held.
func limitVerdict(ended bool, held int) Verdict {
	v := Verdict{Claim: "the Go runtime ends a program with more than 10,000 threads", Answer: answer(ended),
		Expected: "it ends", Measured: fmt.Sprintf("it runs on with %d clients", held)}
	if ended {
		v.Measured = "it ended"
		v.Why = "The runtime takes that many threads for a mistake that would fill the machine, and no recover stops it (runtime/debug.SetMaxThreads sets the limit)."
	}
	return v
}

// servePatience is how long a server may take to serve all clients, or to end: before that it prints
// what each of its goroutines was doing.
const servePatience = 30 * time.Second

// errEnded says that the server has ended.
var errEnded = errors.New("ended")

// servesOrEnds waits until the server serves so many clients, or returns errEnded if it ends.
func servesOrEnds(ctx context.Context, s *rig.Server, clients int) error {
	var serving int64
	for began := time.Now(); time.Since(began) < servePatience; {
		vars, err := s.Vars(ctx) // an error says that the server is about to end
		if serving = vars.Serving; err == nil && serving >= int64(clients) {
			return nil
		}
		if err := client.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
		select {
		case <-s.Exited():
			return errEnded
		default:
		}
	}
	return fmt.Errorf("it serves %d of %d clients after %v: it does not take more, or %w; run it again",
		serving, clients, servePatience, console.ErrBusy)
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
