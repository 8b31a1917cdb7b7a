package protocol

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// oracle answers stream straight from the definition, in another way than the decoder: message by message.
func oracle(stream []byte) []byte {
	var replies []byte
	for {
		_, message, opened := bytes.Cut(stream, []byte("^"))
		if !opened {
			return replies
		}
		data, rest, _ := bytes.Cut(message, []byte("$"))
		for _, b := range data {
			replies = append(replies, byte((int(b)+1)%256))
		}
		stream = rest
	}
}

// inPieces decodes stream in pieces, whose lengths next gives.
func inPieces(stream []byte, next func() int) []byte {
	var d Decoder
	var replies []byte
	for len(stream) > 0 {
		n := min(max(next(), 0), len(stream))
		replies = append(replies, d.Reply(bytes.Clone(stream[:n]))...)
		stream = stream[n:]
	}
	return replies
}

func TestTheDecoderAnswersAsTheProtocolSays(t *testing.T) {
	for _, test := range []struct{ stream, want string }{
		{"^abc$de^abte$f", "bcdbcuf"},
		{"xyz^123", "234"},
		{"", ""},
		{"no message at all", ""},
		{"$$$", ""},
		{"^$^$", ""},
		{"^^$", "_"},
		{"^\xff$", "\x00"},
		{"^a", "b"},
	} {
		assert.Equal(t, test.want, string(inPieces([]byte(test.stream), func() int { return 1 << 20 })), "%q", test.stream)
	}
}

func TestTheDecoderAnswersAllByteValues(t *testing.T) {
	for b := range 256 {
		if b != '$' {
			stream := []byte{'^', byte(b), '$'}
			assert.Equal(t, []byte{byte(b + 1)}, inPieces(stream, func() int { return 3 }))
		}
	}
}

func TestSplittingAStreamNeverChangesTheReplies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := rapid.SliceOf(rapid.SampledFrom([]byte("^$ab\x00\xff"))).Draw(t, "stream")
		got := inPieces(stream, func() int { return rapid.IntRange(1, 8).Draw(t, "piece") })
		if want := oracle(stream); !bytes.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestTenMillionRandomBytesAreAnsweredExactly(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	stream := make([]byte, 10_000_000)
	for i := range stream {
		stream[i] = byte(random.Uint32())
	}
	got := inPieces(stream, func() int { return 1 + random.IntN(100_000) })
	assert.True(t, bytes.Equal(oracle(stream), got))
}

func FuzzDecoder(f *testing.F) {
	f.Add([]byte("^abc$de^abte$f"), byte(3))
	f.Add([]byte("^^$$\xff^\xff"), byte(1))
	f.Fuzz(func(t *testing.T, stream []byte, seed byte) {
		random := rand.New(rand.NewPCG(uint64(seed), 0))
		got := inPieces(stream, func() int { return 1 + random.IntN(9) })
		if want := oracle(stream); !bytes.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestDecodingAReadAllocatesNothing(t *testing.T) {
	var d Decoder
	read := []byte(strings.Repeat("^abc$de", 100))
	assert.Zero(t, testing.AllocsPerRun(100, func() { d.Reply(read) }))
}

// wire is a client's stream and what the server writes.
type wire struct {
	io.Reader
	writes []string
	err    error // of the next write
}

func (w *wire) Write(p []byte) (int, error) {
	w.writes = append(w.writes, string(p))
	return len(p), w.err
}

func TestMessageWritesOnceForEachReadThatOwesSomething(t *testing.T) {
	w := &wire{Reader: io.MultiReader(strings.NewReader("^ab$^cd"), strings.NewReader("$no"), strings.NewReader("^e"))}
	require.NoError(t, Message(w))
	assert.Equal(t, []string{"*", "bcde", "f"}, w.writes)
}

func TestMessageAnswersWhatComesTogetherWithTheEnd(t *testing.T) {
	w := &wire{Reader: iotest.DataErrReader(strings.NewReader("^abc"))}
	require.NoError(t, Message(w))
	assert.Equal(t, []string{"*", "bcd"}, w.writes)
}

func TestMessageReturnsTheErrorsOfItsConnection(t *testing.T) {
	broken := io.ErrClosedPipe
	assert.ErrorIs(t, Message(&wire{Reader: iotest.ErrReader(broken)}), broken)
	assert.ErrorIs(t, Message(&wire{Reader: strings.NewReader(""), err: broken}), broken, "in the greeting")
}

func TestMessageAnswersAStreamOfAnyLengthWithASmallBuffer(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	w := &wire{Reader: strings.NewReader("^" + long)}
	require.NoError(t, Message(w))
	assert.Equal(t, strings.Repeat("y", 1<<20), strings.Join(w.writes[1:], ""))
	longest := 0
	for _, write := range w.writes {
		longest = max(longest, len(write))
	}
	assert.LessOrEqual(t, longest, largeBuffer)
	assert.Less(t, len(w.writes), 30, "the buffer grows while reads fill it")
}

// roomy remembers how many bytes the first read had room for.
type roomy struct{ room int }

func (r *roomy) Read(p []byte) (int, error) {
	r.room = len(p)
	return 0, io.EOF
}

func TestAnIdleClientIsCheap(t *testing.T) {
	var in roomy
	require.NoError(t, Message(&wire{Reader: &in}))
	assert.LessOrEqual(t, in.room, 1024)
}

func BenchmarkDecoder(b *testing.B) {
	for _, bench := range []struct{ name, stream string }{
		{"short messages", strings.Repeat("^abc$de", 64<<10/7)},
		{"one long message", "^" + strings.Repeat("x", 64<<10-1)},
		{"no message", strings.Repeat("x", 64<<10)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var d Decoder
			read := make([]byte, len(bench.stream))
			b.SetBytes(int64(len(read)))
			for b.Loop() {
				copy(read, bench.stream)
				d.Reply(read)
			}
		})
	}
}
