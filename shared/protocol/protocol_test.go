package protocol

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAProtocolIsOpenedByItsName(t *testing.T) {
	corpus := filepath.Join(t.TempDir(), "corpus")
	require.NoError(t, os.WriteFile(corpus, []byte("light light"), 0o600))
	for name, test := range map[string]struct{ sent, want string }{
		"message": {"^a$", "*b"},
		"http":    {"GET / HTTP/1.0\r\n\r\n", "Served by part9-test"},
		"words":   {"light", "* 1 words\n2\n"},
	} {
		assert.Contains(t, Names(), name)
		assert.NoError(t, Check(name))
		talk, err := Open(name, Options{Server: "part9-test", Corpus: corpus})
		require.NoError(t, err)
		w := &wire{Reader: strings.NewReader(test.sent)}
		require.NoError(t, talk(w))
		assert.Contains(t, strings.Join(w.writes, ""), test.want)
	}
	assert.Len(t, Names(), 3)
	assert.Equal(t, "message", Names()[0], "the default")
}

func TestAProtocolThatCannotBeOpenedIsAnError(t *testing.T) {
	const want = `no protocol is called "gopher", want message, http, words`
	assert.EqualError(t, Check("gopher"), want)
	_, err := Open("gopher", Options{})
	assert.EqualError(t, err, want)
	_, err = Open("words", Options{Corpus: "no/such/file"})
	assert.ErrorIs(t, err, os.ErrNotExist)
}
