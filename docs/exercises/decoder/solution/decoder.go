// Package decoder is a solution of the exercise.
package decoder

// A Decoder is what a server remembers about one client. Its zero value is ready for a new client.
type Decoder struct {
	open bool
}

// Reply takes the next bytes from the client and returns what the server owes for them.
func (d *Decoder) Reply(p []byte) []byte {
	var owed []byte
	for _, b := range p {
		switch {
		case !d.open:
			d.open = b == '^'
		case b == '$':
			d.open = false
		default:
			owed = append(owed, b+1)
		}
	}
	return owed
}
