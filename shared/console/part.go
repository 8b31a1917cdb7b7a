package console

import (
	"slices"
	"strings"
)

// A Look is how a server looks wherever it is drawn: in charts, curves and bars, on a terminal and in pictures. A
// colour alone tells nobody apart: eight colours that are legible on light and dark pages are too close for some
// readers, so that each server has a mark too.
type Look struct {
	Color
	Mark, Hollow rune // the hollow mark is that of a variant
}

// looks are the looks of the servers, by the names of their folders. The colours are not those of clients (see [Lane]).
// Each has a contrast of 3 to 1 with a white and with a nearly black page. Those of the four parts differ for
// colour-blind readers and in lightness.
var looks = []struct {
	folder, short string
	Look
}{
	{"part1-sequential", "part1", Look{Color{"#868E9B", 103}, '●', '○'}},     // slate
	{"part2-threaded", "part2", Look{Color{"#AF2C6C", 161}, '▲', '△'}},       // wine
	{"part3-pool", "part3", Look{Color{"#6254E0", 62}, '■', '□'}},            // indigo
	{"part4-bounded-accept", "part4", Look{Color{"#8E9B1C", 142}, '◆', '◇'}}, // olive
	{"refusing", "refusing", Look{Color{"#885629", 130}, '▼', '▽'}},          // brown
	{"shedding", "shedding", Look{Color{"#CB6BDB", 170}, '★', '☆'}},          // orchid
	{"c-threads", "c-threads", Look{Color{"#20808A", 30}, '▶', '▷'}},         // teal
	{"python-pool", "python-pool", Look{Color{"#DC6E86", 174}, '◀', '◁'}},    // rose
}

// Part returns the look of the server that name is about, and whether there is one. If name is not only the server's
// name but says more, as "part2, a thread each" does, the look is that of a variant of the server. For PART=OTHER it is
// the look of OTHER, because that is what runs.
func Part(name string) (look Look, variant, found bool) {
	if at := strings.LastIndex(name, "="); at >= 0 {
		name = name[at+1:]
	}
	folders := strings.Split(name, "/")
	for _, l := range looks {
		if name == l.short || slices.Contains(folders, l.folder) {
			return l.Look, false, true
		}
	}
	first := len(name)
	for _, l := range looks {
		if at := strings.Index(name, l.short); at >= 0 && at < first {
			first, look, found = at, l.Look, true
		}
	}
	return look, found, found
}
