// Package protocol is what is said on the wire: one [Conversation] for each protocol that the servers speak.
// It knows no sockets, flags or logs; whoever calls a conversation brings the connection, its deadlines, and
// closes it afterwards.
//
//	message  bytes between ^ and $, each answered with itself plus one: [Message]
//	http     one request over HTTP/1.1, which may ask the server to sleep or to compute: [HTTP]
//	words    questions about a table of word frequencies, which all clients share: [Table] and its Converse
//
// [Open] finds one by its name. The other two are described where they are defined.
//
// # The message protocol
//
// When it begins to serve a client, the server sends the greeting "*". After that, bytes outside a message are ignored;
// '^' opens a message; inside it every byte is answered with itself plus one, modulo 256; '$' closes it:
//
//	server  *
//	client  ^abc$de^abte$f
//	server  bcdbcuf
//
// There is no other framing: either side may split or join its writes as it likes. A '^' inside a message is
// data and answered '_'. A client that has nothing more to say closes its sending side, and the server closes
// the connection once it has answered all that it owes.
//
// The greeting exists because a client can connect, and even send, long before the server accepts it: the
// kernel completes the handshake and buffers the bytes. Only the greeting shows that somebody is serving it.
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

// A Conversation is all that a server says to one client. It returns nil once the client has ended its side, or
// there is nothing more to say, and the client has been answered all that it is owed; otherwise the error that
// rw gave. It does not close rw, and it may be called for many clients at once.
type Conversation func(rw io.ReadWriter) error

// Options are what a protocol may have to know.
type Options struct {
	Server string // http: in whose name it answers
	Corpus string // words: the file whose words are counted, "" for the built-in text
}

// Names lists the protocols that [Open] knows, the default first.
func Names() []string { return []string{"message", "http", "words"} }

// Check returns an error that lists the protocols if none of them is called name.
func Check(name string) error {
	if slices.Contains(Names(), name) {
		return nil
	}
	return fmt.Errorf("no protocol is called %q, want %s", name, strings.Join(Names(), ", "))
}

// Open returns the conversation of the protocol called name, or an error if there is none, or if what it needs
// cannot be loaded.
func Open(name string, o Options) (Conversation, error) {
	switch name {
	case "message":
		return Message, nil
	case "http":
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
