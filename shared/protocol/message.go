package protocol

import "io"

// Greeting is the byte that a server sends when it begins to serve a client over the message
// protocol.
const Greeting = '*'

const (
	smallBuffer = 512      // an idle client must stay cheap
	largeBuffer = 64 << 10 // a larger read saves no measurable time
)

// Message is the conversation of the message protocol, as the package comment describes it. It
// writes at most once for each read. One write for each byte costs a system call each, and with
// Nagle's algorithm it would delay the first answer by about 40 ms.
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

// A Decoder decodes the message protocol. It remembers between two reads whether a message is open.
// Its zero value is ready for a new client. It is not safe for concurrent use; each conversation
// needs its own.
type Decoder struct {
	open bool
}

// Reply decodes p, the next bytes from the client, and returns the reply to them. The reply may be
// empty, and is never longer than p. Reply writes it over p, so that it allocates nothing. The reply
// is valid until p is used again.
func (d *Decoder) Reply(p []byte) []byte {
	n := 0
	for _, b := range p {
		switch {
		case !d.open:
			d.open = b == '^'
		case b == '$':
			d.open = false
		default:
			p[n] = b + 1 // bytes wrap around: 255 becomes 0
			n++
		}
	}
	return p[:n]
}
