// Package decoder is wrong: a '^' inside a message opens another one instead of being answered.
package decoder

// A Decoder is what a server remembers about one client. Its zero value is ready for a new client.
type Decoder struct {
	open bool // a message has begun and has not ended
}

// Reply takes the next bytes from the client and returns the server's reply to them.
func (d *Decoder) Reply(p []byte) []byte {
	var reply []byte
	for _, b := range p {
		switch {
		case b == '^':
			d.open = true
		case !d.open:
		case b == '$':
			d.open = false
		default:
			reply = append(reply, b+1)
		}
	}
	return reply
}
