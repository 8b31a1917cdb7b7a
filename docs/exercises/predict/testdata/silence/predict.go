// Package predict is wrong: it believes that a silent client takes no slot.
package predict

// A Situation is a server and its clients. All times are in seconds from the beginning.
type Situation struct {
	Server  string
	N       int   // how many workers (part 3) or slots (part 4) it has
	Arrives []int // when each client connects
	Stays   []int // how long each client talks once it is greeted, and then hangs up

	Accepted []int // your prediction: when the program accepts each client
	Greeted  []int // and when the server greets it
}

// Situations are complete: a number for each client.
var Situations = []Situation{
	{
		Server:  "part 1",
		Arrives: []int{0, 0, 0}, Stays: []int{2, 2, 2},
		Accepted: []int{0, 2, 4}, Greeted: []int{0, 2, 4},
	},
	{
		Server:  "part 2",
		Arrives: []int{0, 0, 0}, Stays: []int{2, 2, 2},
		Accepted: []int{0, 0, 0}, Greeted: []int{0, 0, 0},
	},
	{
		Server: "part 3", N: 2,
		Arrives: []int{0, 0, 0}, Stays: []int{2, 2, 2},
		Accepted: []int{0, 0, 0}, Greeted: []int{0, 0, 2},
	},
	{
		Server: "part 4", N: 2,
		Arrives: []int{0, 0, 0}, Stays: []int{2, 2, 2},
		Accepted: []int{0, 0, 2}, Greeted: []int{0, 0, 2},
	},
	{
		Server: "part 3", N: 2,
		Arrives: []int{0, 1, 2, 3}, Stays: []int{4, 4, 2, 1},
		Accepted: []int{0, 1, 2, 3}, Greeted: []int{0, 1, 4, 5},
	},
	{
		// The first client says nothing and stays for ten seconds.
		Server: "part 4", N: 1,
		Arrives: []int{0, 1, 12}, Stays: []int{10, 1, 1},
		Accepted: []int{0, 1, 12}, Greeted: []int{0, 1, 12},
	},
	{
		// As part 4, but the loop takes the slot only when Accept has returned.
		Server: "part 4, with the slot after Accept", N: 2,
		Arrives: []int{0, 0, 0, 0}, Stays: []int{2, 2, 2, 2},
		Accepted: []int{0, 0, 0, 2}, Greeted: []int{0, 0, 2, 2},
	},
}
