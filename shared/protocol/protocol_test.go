package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAProtocolIsOpenedByItsName(t *testing.T) {
	for _, name := range Names() {
		assert.NoError(t, Check(name))
		talk, err := Open(name, Options{})
		require.NoError(t, err)
		assert.NotNil(t, talk)
	}
	const want = `no protocol is called "gopher", want message, http, words`
	assert.EqualError(t, Check("gopher"), want)
	_, err := Open("gopher", Options{})
	assert.EqualError(t, err, want)
	_, err = Open("words", Options{Corpus: "no/such/file"})
	assert.Error(t, err)
}
