package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"example.com/concurrent-servers/shared/console"
)

// list prints all exercises, which of them are solved, and how to start the next one.
func (c course) list(out io.Writer, color bool) error {
	s, err := c.state()
	if err != nil {
		return err
	}
	solved, next := 0, ""
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\tname\tchapter\tlevel\tmin\ttask")
	for _, e := range c.all {
		mark := "·"
		switch {
		case c.solved(s, e.name):
			mark = "✓"
			solved++
		case next == "":
			mark, next = "→", e.name
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", mark, e.name, e.chapter, e.level, e.minutes, e.title)
	}
	w.Flush()
	for line := range strings.Lines(table.String()) {
		line = strings.TrimRight(line, " \n")
		fmt.Fprintln(out, console.Strong(line, color && strings.HasPrefix(line, "→")))
	}
	fmt.Fprintf(out, "\n✓ solved  → next  · open\n\n%d of %d exercises are solved.", solved, len(c.all))
	if next != "" {
		fmt.Fprintf(out, " Start the next one, %s, with:\ngo run ./%s next", next, folder)
	}
	_, err = fmt.Fprintln(out)
	return err
}
