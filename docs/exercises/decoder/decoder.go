// Package decoder is an exercise: see README.md.
package decoder

// A Decoder is what a server remembers about one client. Its zero value is ready for a new client.
type Decoder struct {
	// What do you need to remember between two calls?
}

// Reply takes the next bytes from the client and returns the server's reply to them.
func (d *Decoder) Reply(p []byte) []byte {
	return nil // write this
}
