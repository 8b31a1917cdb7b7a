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
	ended         time.Time
	conversations []conversation // in the order in which they ended
}

// diedWith reports whether the killed instance had c when it died. A conversation that began when
// the instance was gone can only have been with the one that was started in its place.
func (o outcome) diedWith(c conversation) bool {
	return c.instance == names[victim] && c.began.Before(o.gone) && c.ended.After(o.killing)
}

// failures counts the conversations that died with the killed instance: those that it had greeted,
// and those that the kernel had connected to it, but that were still in its backlog. HAProxy cannot
// give either to another instance. The others are the reasons why all other conversations failed.
func (o outcome) failures() (greeted, inBacklog int, others []string) {
	for _, c := range o.conversations {
		switch {
		case c.failure == "":
		case !o.diedWith(c):
			others = append(others, c.failure)
		case c.greeted:
			greeted++
		default:
			inBacklog++
		}
	}
	return greeted, inBacklog, others
}

// err returns nil if all failed conversations died with the killed instance, and if it had any.
func (o outcome) err() error {
	if !slices.ContainsFunc(o.conversations, func(c conversation) bool { return c.instance == names[victim] }) {
		return fmt.Errorf("no conversation went to the killed instance: want a server %q in the configuration, or more -clients", names[victim])
	}
	switch _, _, others := o.failures(); len(others) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("1 conversation failed that the killed instance did not hold: %s", others[0])
	default:
		return fmt.Errorf("%d conversations failed that the killed instance did not hold, the first: %s", len(others), others[0])
	}
}

// text returns two tables and the verdict. Both tables hold each conversation once.
func (o outcome) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-15s  conversations  per second  failed  median wait  longest wait\n", "")
	b.WriteString(o.phase("all three", o.began, o.killing))
	b.WriteString(o.phase("one killed", o.killing, o.restarted))
	b.WriteString(o.phase("all three again", o.restarted, o.ended))
	fmt.Fprintf(&b, "\n%-15s  conversations  failed  refused before\n", "")
	for _, name := range names {
		b.WriteString(o.instance("instance "+name, func(of string) bool { return of == name }))
	}
	b.WriteString(o.instance("none of them", func(of string) bool { return !slices.Contains(names[:], of) }))
	greeted, inBacklog, others := o.failures()
	fmt.Fprintf(&b, "\nfailed because instance %s died: %d that it had greeted, %d in its backlog\nfailed otherwise: %d\n",
		names[victim], greeted, inBacklog, len(others))
	return b.String()
}

// phase returns the line of the conversations that ended after from, and not after to.
func (o outcome) phase(name string, from, to time.Time) string {
	var waits []time.Duration
	failed := 0
	for _, c := range o.conversations {
		if !c.ended.After(from) || c.ended.After(to) {
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

// instance returns the line of the conversations whose instance is among those named.
func (o outcome) instance(title string, among func(name string) bool) string {
	given, failed, refused := 0, 0, 0
	for _, c := range o.conversations {
		if !among(c.instance) {
			continue
		}
		given++
		if c.failure != "" {
			failed++
		}
		if c.refused {
			refused++
		}
	}
	return fmt.Sprintf("%-15s  %13d  %6d  %14d\n", title, given, failed, refused)
}
