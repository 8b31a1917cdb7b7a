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
	began, killed, restarted time.Time
	conversations            []conversation // in the order in which they began
	instances                []instance
}

// failures returns how many conversations failed that were open when the instance was killed, and all others that
// failed: those nobody had to lose.
func (o outcome) failures() (open int, others []conversation) {
	for _, c := range o.conversations {
		switch {
		case c.failure == "":
		case c.began.Before(o.killed) && c.ended.After(o.killed):
			open++
		default:
			others = append(others, c)
		}
	}
	return open, others
}

// err is nil if no conversation failed but those that the killed instance can have held.
func (o outcome) err(places int) error {
	open, others := o.failures()
	switch {
	case len(others) > 0:
		return fmt.Errorf("%s failed that the killed instance did not hold: %s", numberOf(len(others)), others[0].failure)
	case open > places:
		return fmt.Errorf("%s failed when the instance was killed, and it held %d at most", numberOf(open), places)
	}
	return nil
}

func numberOf(n int) string {
	if n == 1 {
		return "1 conversation"
	}
	return fmt.Sprintf("%d conversations", n)
}

func (o outcome) text(set settings) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-15s  conversations  per second  failed  half waited  longest wait\n", "")
	b.WriteString(o.phase("all three", o.began, o.killed))
	b.WriteString(o.phase("one killed", o.killed, o.restarted))
	b.WriteString(o.phase("all three again", o.restarted, o.conversations[len(o.conversations)-1].ended))
	fmt.Fprintf(&b, "\n%-15s  conversations  refused, sent elsewhere  down for\n", "")
	for _, i := range o.instances {
		fmt.Fprintf(&b, "%-15s  %13d  %23d  %8s\n", "instance "+i.name, i.given, i.elsewhere, console.Duration(i.down))
	}
	open, others := o.failures()
	fmt.Fprintf(&b, "\nfailed, open when instance %s was killed, which served at most %d: %d\nfailed otherwise: %d\n",
		names[victim], set.places, open, len(others))
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
