// Package protocol holds the protocols that the servers speak, each as a [Conversation]. It knows
// no sockets, flags or logs. The caller of a conversation brings the connection, sets its deadlines
// and closes it afterwards.
//
//	message  bytes between ^ and $, each answered with itself plus one: [Message]
//	http     one HTTP/1.1 request, which can make the server sleep or compute: [HTTP]
//	words    questions about a table of word frequencies that all clients share: [Table.Converse]
//
// [Open] returns a conversation by its name. [HTTP] and [Table.Converse] describe their protocols.
// A server that cannot serve a client may say so, and hang up: '!' in place of the greeting, the
// response 503, or the line "? busy" in place of the greeting. [Busy] returns these words.
//
// # The message protocol
//
// When the server begins to serve a client, it sends the greeting "*". After that it ignores bytes
// outside a message. '^' opens a message. The server answers each byte inside with that byte plus
// one, modulo 256. '$' closes the message:
//
//	server  *
//	client  ^abc$de^abte$f
//	server  bcdbcuf
//
// There is no other framing: both sides may split or join their writes as they like. A '^' inside a
// message is data and answered with '_'. A client that has nothing more to say closes its sending
// side. The server sends all that it owes and closes the connection.
//
// The greeting exists because a client can connect, and even send, long before the server accepts
// it: the kernel completes the handshake and buffers the bytes. Only the greeting shows that a
// goroutine serves the client.
//
// The protocol is Eli Bendersky's, from "Concurrent Servers: Part 1"
// (https://eli.thegreenplace.net/2017/concurrent-servers-part-1-introduction/).
package protocol

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Conversation talks to one client from the beginning to the end. It returns nil when it has sent
// all that it owes and either the client has ended its side or there is nothing more to say;
// otherwise it returns the error that rw gave. It does not close rw. It is safe for concurrent use:
// every client gets a call of its own.
type Conversation func(rw io.ReadWriter) error

// Options are the settings of the protocols.
type Options struct {
	Server string // http: the name that the pages show
	Corpus string // words: the file with the text, "" for the built-in text
}

// Names returns the names of the protocols that [Open] knows, the default first.
func Names() []string { return []string{"message", "http", "words"} }

// Check returns an error that lists the protocols if none of them has this name.
func Check(name string) error {
	if slices.Contains(Names(), name) {
		return nil
	}
	return fmt.Errorf("no protocol is called %q, want %s", name, strings.Join(Names(), ", "))
}

// Open returns the conversation of the protocol with this name, ready for the first client: it
// reads the corpus of words, and measures for http how much this machine computes in a second. It
// returns the error of [Check] for an unknown name, and that of [LoadTable] for the corpus.
func Open(name string, o Options) (Conversation, error) {
	switch name {
	case "message":
		return Message, nil
	case "http":
		churnRate() // or the first client would wait for it
		return HTTP(o.Server), nil
	case "words":
		t, err := LoadTable(o.Corpus)
		if err != nil {
			return nil, err
		}
		return t.Converse, nil
	}
	return nil, Check(name)
}
