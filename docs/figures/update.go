package main

var update = picture{
	file:  "lost-update.svg",
	title: "How an update is lost",
	description: "Two goroutines run asked++, which reads, adds and writes; asked is 41. Without a lock, " +
		"goroutine A reads 41, goroutine B reads 41, both add 1, A writes 42, B writes 42: " +
		"asked is 42, and an update is lost. With a lock, A locks, and B waits while A reads " +
		"41, adds 1, writes 42 and unlocks. Then B reads 42, adds 1, and writes 43.",
	draw: func(s *sheet) {
		top := s.Y + 20
		end := s.withoutLock(0, top)
		s.withLock(312, top)
		s.Printf(`<path class="grid" d="M316 %dV%d"/>`, top-14, end+18)
		s.end(end+12, "asked++ is three steps. Another goroutine may run between any two.")
	},
}

const (
	step = 26 // from one step of a goroutine to the next

	// Where the two goroutines stand, and the variable between them.
	goA, asked, goB = 96, 158, 220
)

func (s *sheet) withoutLock(x, top int) (end int) {
	at := s.half(x, top, "without a lock")
	s.bar(0, x+goA, at(1)-8, at(6)+8)
	s.bar(1, x+goB, at(2)-8, at(8)+8)
	s.reads(x, at(1), goA, "read 41")
	s.reads(x, at(2), goB, "read 41")
	s.does(x, at(3), goA, "add 1")
	s.does(x, at(5), goB, "add 1")
	s.writes(x, at(6), goA, "42")
	s.writes(x, at(8), goB, "42")
	s.Text(x+asked, at(10)+5, "name", "middle", "42: an update is lost")
	return at(10)
}

func (s *sheet) withLock(x, top int) {
	at := s.half(x, top, "with a lock")
	s.bar(0, x+goA, at(1)-8, at(5)+8)
	s.waiting(1, x+goB, at(2), at(5)+8)
	s.bar(1, x+goB, at(5)+8, at(9)+8)
	s.does(x, at(1), goA, "Lock")
	s.does(x, at(2), goB, "Lock:")
	s.does(x, at(3), goB, "waits")
	s.reads(x, at(2), goA, "read 41")
	s.does(x, at(3), goA, "add 1")
	s.writes(x, at(4), goA, "42")
	s.does(x, at(5), goA, "Unlock")
	s.reads(x, at(6), goB, "read 42")
	s.does(x, at(7), goB, "add 1")
	s.writes(x, at(8), goB, "43")
	s.does(x, at(9), goB, "Unlock")
	s.Text(x+asked, at(10)+5, "name", "middle", "43")
}

// half draws the heads of one half of the picture, and returns where each step is drawn.
func (s *sheet) half(x, top int, title string) (at func(step int) int) {
	at = func(i int) int { return top + 52 + i*step }
	s.Text(x+asked, top, "name", "middle", title)
	s.Text(x+goA+pad, top+27, "soft", "end", "goroutine A")
	s.Text(x+asked, top+27, "soft", "middle", "asked")
	s.Text(x+goB-pad, top+27, "soft", "", "goroutine B")
	s.line(x+asked, at(0), at(9)+8)
	s.value(x+asked, at(0), "41")
	return at
}

func (s *sheet) does(x, y, who int, what string) {
	if who == goA {
		s.note(x+who, y, "", "end", what)
		return
	}
	s.note(x+who, y, "", "", what)
}

func (s *sheet) reads(x, y, who int, what string) {
	s.does(x, y, who, what)
	if who == goA {
		s.arrow(x+asked, y, x+who+pad, y, "")
		return
	}
	s.arrow(x+asked, y, x+who-pad, y, "")
}

func (s *sheet) writes(x, y, who int, value string) {
	s.does(x, y, who, "write "+value)
	s.value(x+asked, y, value)
	if who == goA {
		s.arrow(x+who+pad, y, x+asked-20, y, "")
		return
	}
	s.arrow(x+who-pad, y, x+asked+20, y, "")
}
