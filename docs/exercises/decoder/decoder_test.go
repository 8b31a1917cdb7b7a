//go:build exercise

package decoder

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var conversations = []struct{ said, owed string }{
	{"^abc$", "bcd"},
	{"ignored^a$ignored^b$", "bc"},
	{"^abc$de^abte$f", "bcdbcuf"},
	{"^^$", "_"},
	{"^\xff$", "\x00"},
	{"$$$", ""},
	{"^never closed", "ofwfs!dmptfe"},
}

func TestWholeMessagesAreAnswered(t *testing.T) {
	for _, c := range conversations {
		var d Decoder
		assert.Equal(t, c.owed, string(d.Reply([]byte(c.said))), "%q", c.said)
	}
}

func TestMessagesAreAnsweredWhereverTheyAreSplit(t *testing.T) {
	for _, c := range conversations {
		for i := range len(c.said) + 1 {
			var d Decoder
			got := string(d.Reply([]byte(c.said[:i])))
			got += string(d.Reply([]byte(c.said[i:])))
			assert.Equal(t, c.owed, got, "%q and %q", c.said[:i], c.said[i:])
		}
	}
}

func TestTwoClientsHaveADecoderEach(t *testing.T) {
	var one, other Decoder
	one.Reply([]byte("^"))
	assert.Empty(t, other.Reply([]byte("a")), "only the other one has opened a message")
	assert.Equal(t, "b", string(one.Reply([]byte("a"))))
}
