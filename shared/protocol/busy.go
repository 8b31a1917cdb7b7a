package protocol

import (
	"bytes"
	"net/http"
)

// Refusal is the byte that a server sends over the message protocol instead of the greeting, if it
// does not serve the client.
const Refusal = '!'

// Busy returns what a server says to a client that it does not serve, in the words of the protocol
// with this name, or nil if none has it. The server says it without reading what the client sends.
func Busy(name string, o Options) []byte {
	switch name {
	case "message":
		return []byte{Refusal}
	case "http":
		return busyPage(o.Server)
	case "words":
		return []byte("? busy\n")
	}
	return nil
}

// busyPage returns the response 503. It leaves out Date and Server-Timing: it is made before any
// client comes, and nobody serves the client that gets it.
func busyPage(server string) []byte {
	r := response{Server: server, Outcome: refusal{http.StatusServiceUnavailable, "the server is busy: try again in a second"}}
	var page bytes.Buffer
	if err := r.write(&page, nil, http.Header{"Retry-After": {"1"}}); err != nil {
		panic(err) // a template that fails here fails always
	}
	return page.Bytes()
}
