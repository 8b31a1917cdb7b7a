package main

var nagle = picture{
	file:  "nagle.svg",
	title: "Nagle's algorithm meets a delayed ACK",
	description: "The client sends ^abc$de^abte$f in one packet. The server writes b, which is sent at " +
		"once. It writes c, d, b, c, u and f, which Nagle's algorithm holds back, because b is " +
		"not acknowledged. The client's kernel delays its ACK by about 40 ms. After the ACK, " +
		"cdbcuf comes in one packet.",
	draw: func(s *sheet) {
		const client, server, flight = 172, 420, 20
		top := s.Y + 20
		at := func(i int) int { return top + 24 + i*step }
		s.Text(client, top, "name", "middle", "client")
		s.Text(server, top, "name", "middle", "server")
		s.line(client, top+10, at(2))
		s.line(client, at(8)-4, at(11))
		s.line(server, top+10, at(2)-4)
		s.line(server, at(8)+flight-4, at(11))

		there := func(y int, bytes string) { s.arrow(client, y, server, y+flight, bytes) }
		back := func(y int, bytes string) { s.arrow(server, y, client, y+flight, bytes) }
		there(at(0), "^abc$de^abte$f")
		s.note(client, at(0), "", "end", "writes once")
		s.note(server, at(1), "", "", "writes b")
		back(at(1)+4, "b")
		s.note(server, at(2)+4, "", "", "writes c, d, b, c, u, f")
		s.waiting(1, server, at(2), at(8)+flight-8)
		s.waiting(0, client, at(2)+4, at(8)-6)
		s.note(client, at(5)-line, "", "end", "the kernel delays", "its ACK for about", "40 ms")
		s.note(server, at(5)-line, "", "", "Nagle's algorithm", "holds them back until", "b is acknowledged")
		there(at(8), "ACK")
		back(at(9)+6, "cdbcuf")
		s.end(at(11), "Go switches Nagle's algorithm off, by TCP_NODELAY.")
	},
}
