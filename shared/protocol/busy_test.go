package protocol

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEachProtocolHasItsOwnWordsForARefusal(t *testing.T) {
	said := make(map[string]bool)
	for _, name := range Names() {
		words := string(Busy(name, Options{}))
		assert.NotEmpty(t, words, name)
		assert.False(t, said[words], "%s says the same as another protocol", name)
		said[words] = true
	}
	assert.Equal(t, "!", string(Busy("message", Options{})))
	assert.Equal(t, "? busy\n", string(Busy("words", Options{})))
	assert.Nil(t, Busy("gopher", Options{}))
}

func TestTheRefusalOverHTTPIsAWholeResponse(t *testing.T) {
	in := bufio.NewReader(bytes.NewReader(Busy("http", Options{Server: "part9-test"})))
	response, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, 503, response.StatusCode)
	assert.True(t, response.Close)
	assert.Equal(t, "1", response.Header.Get("Retry-After"))
	assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	assert.Empty(t, response.Header["Server-Timing"], "nobody serves the client")
	assert.Contains(t, string(body), "<title>the server is busy: try again in a second</title>")
	assert.Contains(t, string(body), "part9-test sent this")
	_, err = in.ReadByte()
	assert.ErrorIs(t, err, io.EOF)
}
