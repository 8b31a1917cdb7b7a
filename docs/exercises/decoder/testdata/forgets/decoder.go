// Package decoder is wrong: it forgets between two reads whether a message is open.
package decoder

// A Decoder is what a server remembers about one client. Its zero value is ready for a new client.
type Decoder struct{}

// Reply takes the next bytes from the client and returns the server's reply to them.
func (d *Decoder) Reply(p []byte) []byte {
	var reply []byte
	open := false
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
