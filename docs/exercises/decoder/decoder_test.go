//go:build exercise

package decoder

import "testing"

var conversations = []struct{ sent, want string }{
	{"^abc$", "bcd"},
	{"ignored^a$ignored^b$", "bc"},
	{"^abc$de^abte$f", "bcdbcuf"},
	{"^^$", "_"},
	{"^\xff$", "\x00"},
	{"^\xc3\xa9$", "\xc4\xaa"},
	{"$$$", ""},
	{"^never closed", "ofwfs!dmptfe"},
}

func TestWholeMessages(t *testing.T) {
	for _, c := range conversations {
		var d Decoder
		if got := string(d.Reply([]byte(c.sent))); got != c.want {
			t.Fatalf("A client that sends %q reads %q. It should read %q.", c.sent, got, c.want)
		}
	}
}

func TestMessagesSplitAnywhere(t *testing.T) {
	for _, c := range conversations {
		for i := range len(c.sent) + 1 {
			first, second := c.sent[:i], c.sent[i:]
			var d Decoder
			got := string(d.Reply([]byte(first)))
			got += string(d.Reply([]byte(second)))
			if got != c.want {
				t.Fatalf("The network delivers %q, then %q. The client reads %q. It should read %q.",
					first, second, got, c.want)
			}
		}
	}
}

func TestOneByteAtATime(t *testing.T) {
	for _, c := range conversations {
		var d Decoder
		got := ""
		for i := range len(c.sent) {
			got += string(d.Reply([]byte(c.sent[i : i+1])))
		}
		if got != c.want {
			t.Fatalf("The network delivers %q one byte at a time. The client reads %q. It should read %q.",
				c.sent, got, c.want)
		}
	}
}

func TestTwoClients(t *testing.T) {
	var one, other Decoder
	one.Reply([]byte("^"))
	if got := string(other.Reply([]byte("a"))); got != "" {
		t.Fatalf("A client that has opened no message sends \"a\" and reads %q, because another client "+
			"has opened one. It should read nothing.", got)
	}
	if got := string(one.Reply([]byte("a"))); got != "b" {
		t.Fatalf("A client opens a message, another client sends something, and the first sends \"a\". "+
			"It reads %q. It should read \"b\".", got)
	}
}
