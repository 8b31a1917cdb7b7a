package protocol

import "io"

// Greeting is the byte that a message server sends to a client when it begins to serve it.
const Greeting = '*'

const (
	smallBuffer = 512      // a client that says little must stay cheap
	largeBuffer = 64 << 10 // beyond this a larger read saves no measurable time
)

// Message carries on the message protocol. It writes at most once for each read, so a reply that is owed as a
// whole leaves as a whole: one write per byte would have Nagle's algorithm hold back all but the first until
// the client's delayed acknowledgement, about 40 ms later.
func Message(rw io.ReadWriter) error {
	buf := make([]byte, smallBuffer)
	buf[0] = Greeting
	if _, err := rw.Write(buf[:1]); err != nil {
		return err
	}
	var d Decoder
	for {
		n, readErr := rw.Read(buf)
		if reply := d.Reply(buf[:n]); len(reply) > 0 {
			if _, err := rw.Write(reply); err != nil {
				return err
			}
		}
		if readErr == io.EOF {
			return nil
		}
		if readErr != nil {
			return readErr
		}
		if n == len(buf) && n < largeBuffer {
			buf = make([]byte, min(4*n, largeBuffer))
		}
	}
}

// A Decoder is the state that the message protocol keeps between two reads: whether a message is open. Its
// zero value is ready for a new client. It is not safe for concurrent use; each conversation has its own.
type Decoder struct {
	open bool
}

// Reply consumes the next bytes from the client and returns what the server owes for them, which may be
// nothing. The reply overwrites p from its start, so that decoding allocates nothing: it can never be longer
// than what it answers, and it is valid until p is used again.
func (d *Decoder) Reply(p []byte) []byte {
	n := 0
	for _, b := range p {
		switch {
		case !d.open:
			d.open = b == '^'
		case b == '$':
			d.open = false
		default:
			p[n] = b + 1 // a byte's arithmetic is modulo 256
			n++
		}
	}
	return p[:n]
}
