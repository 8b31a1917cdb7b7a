package report

import (
	"slices"
	"strings"

	"example.com/concurrent-servers/scripts/lab/experiments"
	"example.com/concurrent-servers/shared/console"
)

// figures is the table of all rows. If it would be too wide, there is a table for each kind of rows.
func figures(e experiments.Experiment, rows []experiments.Row, width int, colored bool) string {
	if len(rows) == 0 {
		return ""
	}
	names := namesOf(rows...)
	text := ""
	if whole := table(rows, names); whole.fits(width) {
		text = whole.Text(width, colored)
	} else {
		var tables []string
		for _, alike := range kinds(rows) {
			tables = append(tables, narrowTables(e, alike, width, colored)...)
		}
		text = strings.Join(tables, "\n")
	}
	if strings.Contains(text, "±") {
		text += console.Faint("±: half of what lies between the lowest round and the highest", colored) + "\n"
	}
	for _, row := range rows {
		if slices.ContainsFunc(row.Figures, func(f experiments.Figure) bool { return f.Text == "" && !f.Known() }) {
			return text + console.Faint("–: this server has no such figure, or this system does not tell it", colored) + "\n"
		}
	}
	return text
}

// namesOf returns the names of all figures of the rows.
func namesOf(rows ...experiments.Row) (names []string) {
	for _, row := range rows {
		for _, f := range row.Figures {
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// table returns a table of the figures with these names. If a row has no figure of a name, its cell is empty.
func table(rows []experiments.Row, names []string) Table {
	t := Table{Head: append([]string{""}, names...), Right: true}
	for _, row := range rows {
		cells := []string{row.Subject}
		for _, name := range names {
			f, found := row.Figure(name)
			if !found {
				f.Text = " "
			}
			cells = append(cells, strings.TrimSpace(f.String()))
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// kinds returns the rows that have figures of the same names together.
func kinds(rows []experiments.Row) (kinds [][]experiments.Row) {
	for _, row := range rows {
		i := slices.IndexFunc(kinds, func(kind []experiments.Row) bool { return slices.Equal(namesOf(kind[0]), namesOf(row)) })
		if i < 0 {
			kinds = append(kinds, nil)
			i = len(kinds) - 1
		}
		kinds[i] = append(kinds[i], row)
	}
	return kinds
}

// narrowTables returns tables of which each has as many of the figures as there is room for. Each has the figures
// along the x axes of curves, by which the rows differ.
func narrowTables(e experiments.Experiment, rows []experiments.Row, width int, colored bool) (tables []string) {
	var keep, rest []string
	for _, name := range namesOf(rows...) {
		if slices.ContainsFunc(e.Curves, func(c experiments.Curve) bool { return c.X == name }) {
			keep = append(keep, name)
		} else {
			rest = append(rest, name)
		}
	}
	if len(rest) == 0 {
		keep, rest = nil, keep
	}
	for len(rest) > 0 {
		n := 1
		for n < len(rest) && table(rows, slices.Concat(keep, rest[:n+1])).fits(width) {
			n++
		}
		tables = append(tables, table(rows, slices.Concat(keep, rest[:n])).Text(width, colored))
		rest = rest[n:]
	}
	return tables
}
