package experiments

import (
	"errors"
	"fmt"
	"slices"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
)

// outcome says in words what a client got that wants to be greeted.
func outcome(v rig.Visit) string {
	switch {
	case v.Greeted:
		return "served after " + console.Duration(v.Known)
	case errors.Is(v.Reason, rig.ErrNoGreeting), v.Connected == 0:
		return "not served within " + console.Duration(v.Known)
	case errors.Is(v.Reason, rig.ErrRefused):
		return "refused after " + console.Duration(v.Known)
	}
	return "turned away after " + console.Duration(v.Known)
}

// outcomes says what the clients of all rounds got: the visit in the middle, by how long it took, and in how many rounds
// the client was served if that is not the same in all.
func outcomes(visits []rig.Visit) string {
	if len(visits) == 0 {
		return "nothing"
	}
	sorted := slices.SortedFunc(slices.Values(visits), func(a, b rig.Visit) int { return int(a.Known - b.Known) })
	served := 0
	for _, v := range visits {
		if v.Greeted {
			served++
		}
	}
	text := outcome(sorted[len(sorted)/2])
	if served > 0 && served < len(visits) {
		text += fmt.Sprintf("; served in %d of %d rounds", served, len(visits))
	}
	return text
}
