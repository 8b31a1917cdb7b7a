package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/console"
)

// An outcome is all that a trial has found out.
type outcome struct {
	began         time.Time
	killing, gone time.Time // before the instance was killed, and after it was dead
	restarted     time.Time
	conversations []conversation // in the order in which they began
	instances     []instance
}

// noticing is how long it may take until a client learns that its instance is dead.
const noticing = time.Second

// failures returns how many conversations the instance took with it when it died, and why all others failed: those
// nobody had to lose. While it dies, which takes a moment, it still takes clients, whom it then loses as well. But a
// client that waited for a place and was refused in that moment was never in its hands. The clients cannot tell the
// two apart; HAProxy has counted whom it could give to nobody.
func (o outcome) failures() (lost int, others []string) {
	for _, c := range o.conversations {
		switch {
		case c.failure == "":
		case c.began.Before(o.gone) && c.ended.After(o.killing) && c.ended.Before(o.gone.Add(noticing)):
			lost++
		default:
			others = append(others, c.failure)
		}
	}
	away := 0
	for _, i := range o.instances {
		away += i.away
	}
	for range away - len(others) {
		others = append(others, "no instance took it")
		lost--
	}
	return lost, others
}

// err is nil if no conversation failed but those that the killed instance took with it.
func (o outcome) err() error {
	switch _, others := o.failures(); len(others) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 conversation failed that the killed instance did not hold: %s", others[0])
	default:
		return fmt.Errorf("%d conversations failed that the killed instance did not hold, the first: %s", len(others), others[0])
	}
}

func (o outcome) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-15s  conversations  per second  failed  median wait  longest wait\n", "")
	b.WriteString(o.phase("all three", o.began, o.killing))
	b.WriteString(o.phase("one killed", o.killing, o.restarted))
	b.WriteString(o.phase("all three again", o.restarted, o.conversations[len(o.conversations)-1].ended))
	fmt.Fprintf(&b, "\n%-15s  conversations  sent elsewhere  turned away  down for\n", "")
	for _, i := range o.instances {
		fmt.Fprintf(&b, "%-15s  %13d  %14d  %11d  %8s\n", "instance "+i.name, i.given, i.elsewhere, i.away, console.Duration(i.down))
	}
	lost, others := o.failures()
	fmt.Fprintf(&b, "\nfailed because instance %s died: %d\nfailed otherwise: %d\n", names[victim], lost, len(others))
	return b.String()
}

// phase is the line of the conversations that began between two moments.
func (o outcome) phase(name string, from, to time.Time) string {
	var waits []time.Duration
	failed := 0
	for _, c := range o.conversations {
		if c.began.Before(from) || !c.began.Before(to) {
			continue
		}
		waits = append(waits, c.waited)
		if c.failure != "" {
			failed++
		}
	}
	if len(waits) == 0 {
		return fmt.Sprintf("%-15s  %13d\n", name, 0)
	}
	slices.Sort(waits)
	rate := float64(len(waits)) / to.Sub(from).Seconds()
	return fmt.Sprintf("%-15s  %13d  %8.0f/s  %6d  %11s  %12s\n", name, len(waits), rate, failed,
		console.Duration(waits[len(waits)/2]), console.Duration(waits[len(waits)-1]))
}
