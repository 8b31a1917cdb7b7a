package main

var drain = picture{
	file:  "drain-states.svg",
	title: "How a server stops",
	description: "The server serves. At the first SIGINT or SIGTERM it begins to drain: it closes the " +
		"listener, and the clients that were accepted but not greeted. Open conversations may " +
		"end within -drain, which is 5 seconds by default. If all of them end, it exits with 0. " +
		"If the time is over, it closes the other connections by force and exits with 1. At a " +
		"second signal it exits at once, with 130.",
	draw: func(s *sheet) {
		const left, width, gap = 16, 192, 16
		at := func(i int) int { return left + i*(width+gap) }
		serving := s.box(at(1), s.Y+pad, width, "serving")
		draining := serving + 40
		s.arrow(320, serving, 320, draining, "")
		s.note(320, serving+18, "", "", "first SIGINT or SIGTERM")
		ends := s.box(left, draining, 608, "draining",
			"The server closes the listener and the clients not yet greeted.",
			"Open conversations may end within -drain (5s by default).")
		exits := ends + 40
		for i, event := range []string{"all have ended", "-drain is over", "second signal"} {
			s.arrow(at(i)+24, ends, at(i)+24, exits, "")
			s.note(at(i)+24, ends+18, "", "", event)
		}
		s.box(at(0), exits, width, "exit 0", "Nobody was", "cut off.")
		bottom := s.box(at(1), exits, width, "exit 1", "The server closes", "the rest by force.")
		s.box(at(2), exits, width, "exit 130", "The server ends", "at once.")
		s.Y = bottom + pad
	},
}
