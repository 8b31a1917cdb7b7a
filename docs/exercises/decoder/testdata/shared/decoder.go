// Package decoder is wrong: all clients share one state.
package decoder

// A Decoder is what a server remembers about one client. Its zero value is ready for a new client.
type Decoder struct{}

var open bool

// Reply takes the next bytes from the client and returns the server's reply to them.
func (d *Decoder) Reply(p []byte) []byte {
	var reply []byte
	for _, b := range p {
		switch {
		case !open:
			open = b == '^'
		case b == '$':
			open = false
		default:
			reply = append(reply, b+1)
		}
	}
	return reply
}
