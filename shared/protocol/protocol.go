// Package protocol is what is said on the wire: one [Conversation] for each protocol that the servers speak.
// It knows no sockets, flags or logs; whoever calls a conversation brings the connection, its deadlines, and
// closes it afterwards.
//
// # The message protocol
//
// On accepting a client the server sends the greeting "*". After that, bytes outside a message are ignored;
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
	"strings"
)

// A Conversation is all that a server says to one client. It returns nil once the client has ended its side
// and has been answered all that it is owed, and otherwise the error that rw gave. It does not close rw, and
// it may be called for many clients at once.
type Conversation func(rw io.ReadWriter) error

// Names lists the protocols that [ByName] knows, the default first.
func Names() []string { return []string{"message"} }

// ByName returns the conversation of the protocol called name, or an error that lists the known ones.
func ByName(name string) (Conversation, error) {
	switch name {
	case "message":
		return Message, nil
	default:
		return nil, fmt.Errorf("no protocol is called %q, want %s", name, strings.Join(Names(), " or "))
	}
}
