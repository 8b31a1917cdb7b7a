package report

import "example.com/concurrent-servers/shared/console"

// A look is how a series is drawn. Each series has a mark and dashes of its own, for those who do not see its colour
// and where curves lie on one another.
type look struct {
	console.Color
	mark rune
	dash string
}

var (
	otherMarks = []rune("●■▲◆▼★▶◀○□△◇▽☆▷◁")
	dashes     = []string{"none", "9 5", "2 4", "12 4 2 4", "5 3", "16 4 2 4 2 4"}
)

// looksOf returns how series of these names are drawn. Those that are about a server have its colour and its mark, or
// the hollow mark if the name says more than the server's. The others have the colours of clients, which say nothing
// there.
func looksOf(names []string) []look {
	looks := make([]look, len(names))
	used := make(map[rune]bool)
	for i, name := range names {
		looks[i] = look{Color: console.Lane(i), dash: dashes[i%len(dashes)]}
		part, variant, found := console.Part(name)
		if !found {
			continue
		}
		mark := part.Mark
		if variant || used[mark] {
			mark = part.Hollow
		}
		looks[i].Color = part.Color
		if !used[mark] {
			looks[i].mark, used[mark] = mark, true
		}
	}
	for i := range looks {
		for j := 0; looks[i].mark == 0; j++ {
			if mark := otherMarks[j%len(otherMarks)]; !used[mark] || j >= len(otherMarks) {
				looks[i].mark, used[mark] = mark, true
			}
		}
	}
	return looks
}
