//go:build exercise

package diagnose

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// texts are what there is to diagnose.
var texts = []struct {
	name    string
	clients string // what they see
	fault   Fault
	lines   []int // each of which shows it
}{
	{"pool.txt", "Clients wait twice as long as they used to, though there are no more of them.", WorkerLost, []int{15}},
	{"slots.txt", "Some clients are served at once, and some only after 20 seconds.", SilentClients, []int{9, 18}},
	{"workers.txt", "There are three workers. But one client is served at a time.", LockHeld, between(23, 33)},
	{"goroutines.txt", "Clients are served well, until the server has no memory left after some weeks.", Leak, between(13, 35)},
	{"sockets.txt", "A client of one of four servers has connected, and hears nothing.", NotAccepting, []int{5}},
}

// between returns the numbers of the lines from first to last.
func between(first, last int) (lines []int) {
	for line := first; line <= last; line++ {
		lines = append(lines, line)
	}
	return lines
}

// signs are what a text would show if it were this fault.
var signs = map[Fault]string{
	SilentClients: "a conversation that ends because the client has never sent a byte",
	WorkerLost:    "a panic of a worker that takes no job any more",
	LockHeld:      "the one goroutine that doesn't wait for the lock, and what it does while it holds it",
	Leak:          "goroutines that wait to send, although the goroutine that created them has ended",
	NotAccepting:  "connections that are complete for the kernel, and that the program has not accepted",
	NoDescriptors: "the words \"too many open files\"",
}

func TestYouKnowWhatIsWrong(t *testing.T) {
	for _, text := range texts {
		content, err := os.ReadFile(text.name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(content)), "\n")
		d := Diagnoses[text.name]
		switch sign, known := signs[d.Fault]; {
		case !known:
			t.Errorf("%s: %s Which fault is it, and which line shows it?", text.name, text.clients)
		case d.Line < 1 || d.Line > len(lines):
			t.Errorf("%s has lines 1 to %d, and you name line %d.", text.name, len(lines), d.Line)
		case d.Fault != text.fault:
			t.Errorf("%s: %s You say that %s. Then the text would show %s.", text.name, text.clients, d.Fault, sign)
		case !slices.Contains(text.lines, d.Line):
			t.Errorf("%s: Yes, %s. But line %d doesn't show it: %q. Look for %s.", text.name, d.Fault, d.Line, strings.TrimSpace(lines[d.Line-1]), sign)
		}
	}
}
