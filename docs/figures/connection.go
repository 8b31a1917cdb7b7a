package main

var connection = picture{
	file:  "way-of-a-connection.svg",
	title: "The way of a connection",
	description: "The client sends a SYN. The kernel puts the half-open connection into the SYN queue " +
		"and answers SYN-ACK. The client is connected now and sends an ACK. The kernel moves " +
		"the connection into the accept queue, which is the backlog; its length is bounded by " +
		"somaxconn. Accept takes the connection out of it. The program may keep the connection " +
		"in a queue of its own until a goroutine serves it. Then it sends the greeting *. From " +
		"the handshake's end to the greeting, the client is connected and waits.",
	draw: func(s *sheet) {
		const (
			client  = 120
			kernel  = 216
			queue   = 188 // width
			program = 480
			room    = 144 // width
		)
		top := s.Y + 26
		s.Text(kernel+queue/2, top-6, "name", "middle", "kernel")
		s.Text(program+room/2, top-6, "name", "middle", "program")
		s.Text(client, top-6, "name", "middle", "client")

		syn := top + 8
		half := s.box(kernel, syn, queue, "SYN queue", "half-open: SYN came,", "SYN-ACK sent")
		s.arrow(client, syn+22, kernel, syn+22, "SYN")
		s.arrow(kernel, syn+54, client, syn+54, "SYN-ACK")
		s.Text(client-2*pad, syn+60, "", "end", "connected")

		accepted := half + 36
		s.arrow(kernel+queue/2, half, kernel+queue/2, accepted, "")
		s.arrow(client, half+18, kernel+queue/2-2, half+18, "")
		s.Text((client+kernel)/2, half+11, "", "middle", "ACK")
		s.box(kernel, accepted, queue, "accept queue", "= the backlog, at", "most somaxconn long")

		own := accepted
		s.arrow(kernel+queue, own+34, program, own+34, "Accept")
		waits := s.box(program, own, room, "own queue", "if the program", "has one")
		s.arrow(program+room/2, waits, program+room/2, waits+36, "")
		served := s.box(program, waits+36, room, "in service", "by a goroutine")

		greeting := waits + 36 + 26
		s.arrow(program, greeting, client+pad, greeting, "")
		s.Text(kernel+queue/2, greeting-7, "name", "middle", "* (the greeting)")
		s.lane(0, client, syn+22, greeting, top+282)
		s.Text(client-2*pad, syn+27, "", "end", "arrived")
		s.Text(client-2*pad, (syn+greeting)/2+24, "soft", "end", "waits")
		s.Text(client-2*pad, greeting+5, "", "end", "admitted")
		s.end(max(served, top+282), "The client is connected when the handshake ends, long before Accept. Only the "+
			"greeting shows that the program serves it.")
	},
}
