// Package decoder is wrong: it reads characters instead of bytes.
package decoder

// A Decoder is what a server remembers about one client. Its zero value is ready for a new client.
type Decoder struct {
	open bool // a message has begun and has not ended
}

// Reply takes the next bytes from the client and returns the server's reply to them.
func (d *Decoder) Reply(p []byte) []byte {
	var reply []byte
	for _, b := range string(p) {
		switch {
		case !d.open:
			d.open = b == '^'
		case b == '$':
			d.open = false
		default:
			reply = append(reply, byte(b+1))
		}
	}
	return reply
}
