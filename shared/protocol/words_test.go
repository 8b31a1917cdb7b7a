package protocol

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func table(t testing.TB, corpus string) *Table {
	t.Helper()
	table, err := newTable([]byte(corpus))
	require.NoError(t, err)
	return table
}

// dialogue sends lines and returns what was answered after the greeting.
func dialogue(t testing.TB, table *Table, sent io.Reader) string {
	t.Helper()
	w := &wire{Reader: sent}
	require.NoError(t, table.Converse(w))
	all := strings.Join(w.writes, "")
	greeting := fmt.Sprintf("* %d words\n", table.Len())
	require.True(t, strings.HasPrefix(all, greeting), "%.60q", all)
	return all[len(greeting):]
}

func TestWordsAreCountedWithoutCase(t *testing.T) {
	words := table(t, "The rays of the SUN, the Sun's rays; don't: 42 'quoted' naïve NAÏVE Straße ΣΊΣΥΦΟΣ σίσυφος Vo\u0308gel ’twas’ İstanbul\n")
	for word, want := range map[string]int{
		"the": 3, "THE": 3, "rays": 2, "sun": 1, "sun's": 1, "don't": 1, "quoted": 1, "naïve": 2, "straße": 1, "Σίσυφος": 2,
		"don’t": 1, "moon": 0, "s": 0, "nai\u0308ve": 0,
		"VO\u0308GEL": 1, "vögel": 0, "vo": 0, "twas": 1, "İstanbul": 1, "istanbul": 0,
	} {
		assert.Equal(t, want, words.Ask(word), word)
	}
}

func TestTheBuiltInTextIsLargeEnough(t *testing.T) {
	words, err := LoadTable("")
	require.NoError(t, err)
	running := 0
	for _, e := range words.entries {
		running += e.count
	}
	assert.Greater(t, running, 10_000)
	assert.Greater(t, words.Ask("light"), 100)
}

func TestACorpusThatIsNoTextIsRefused(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"": "no word in it", "42 + 1 '": "no word in it", "42 + 1": "no word in it", "\xff\xfe": "not text in UTF-8", "ELF\x00": "not text in UTF-8",
	} {
		name := filepath.Join(dir, "corpus")
		require.NoError(t, os.WriteFile(name, []byte(content), 0o600))
		_, err := LoadTable(name)
		assert.ErrorContains(t, err, want)
		assert.ErrorContains(t, err, name)
	}
	_, err := LoadTable(filepath.Join(dir, "missing"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	_, err = LoadTable(dir)
	assert.EqualError(t, err, dir+": not a file")
}

func TestALargeCorpusIsRefusedBeforeItIsRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "corpus")
	large := bytes.Repeat([]byte(" "), maxCorpus)
	copy(large, "light")
	require.NoError(t, os.WriteFile(name, large, 0o600))
	before := heap()
	words, err := LoadTable(name)
	require.NoError(t, err)
	assert.Less(t, heap()-before, maxCorpus/2, "the table does not keep the corpus")
	runtime.KeepAlive(large)
	assert.Equal(t, 1, words.Len())
	require.NoError(t, os.Truncate(name, maxCorpus+1))
	_, err = LoadTable(name)
	assert.EqualError(t, err, name+": more than 16 MiB, want a shorter text")
}

// heap returns how many bytes are in use.
func heap() int {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

func TestEveryLineIsAnswered(t *testing.T) {
	const corpus = "light light light of of sun"
	long := strings.Repeat("a", maxLine)
	for _, test := range []struct{ sent, want string }{
		{"", ""},
		{"light\n", "3\n"},
		{"light\r\nOF\n", "3\n2\n"},
		{"light", "3\n"},
		{" light \n", "3\n"},
		{"moon\n", "0\n"},
		{"\n", "? an empty line: want a word, or TOP and a number\n"},
		{"of light\n", "? \"of light\" is not a word: want one word, or TOP and a number\n"},
		{"'light\n", "? \"'light\" is not a word: want one word, or TOP and a number\n"},
		{"42\n", "? \"42\" is not a word: want one word, or TOP and a number\n"},
		{"\xff\n", "? not UTF-8\n"},
		{"TOP\n", "? TOP \"\": want a number from 1 to 100\n"},
		{"TOP 1 2\n", "? TOP \"1 2\": want a number from 1 to 100\n"},
		{"TOP +3\n", "? TOP \"+3\": want a number from 1 to 100\n"},
		{"TOP -3\n", "? TOP \"-3\": want a number from 1 to 100\n"},
		{"TOP 259\n", "? TOP \"259\": want a number from 1 to 100\n"},
		{"top 1\n", "? top: want TOP in capitals\n"},
		{"Top of\n", "? Top: want TOP in capitals\n"},
		{"top\n", "0\n"},
		{"TOP 0\n", "? TOP \"0\": want a number from 1 to 100\n"},
		{"TOP 101\n", "? TOP \"101\": want a number from 1 to 100\n"},
		{"TOP 1e9\n", "? TOP \"1e9\": want a number from 1 to 100\n"},
		{"TOP 2\n", "light 0\nof 0\n\n"},
		{"sun\nsun\nof\nTOP 3\n", "1\n1\n2\nsun 2\nof 1\nlight 0\n\n"},
		{"TOP 100\n", "light 0\nof 0\nsun 0\n\n"},
		{long + "\n", "0\n"},
		{long + "\r\n", "0\n"},
		{long + "a\nof\n", "? a line of more than 1024 bytes\n2\n"},
		{strings.Repeat("a", 1<<20) + "\nof\n", "? a line of more than 1024 bytes\n2\n"},
		{strings.Repeat("a", 1<<20), "? a line of more than 1024 bytes\n"},
	} {
		for _, sent := range []io.Reader{strings.NewReader(test.sent), iotest.OneByteReader(strings.NewReader(test.sent))} {
			assert.Equal(t, test.want, dialogue(t, table(t, corpus), sent), "%.40q", test.sent)
		}
	}
}

func TestLinesThatComeTogetherAreAnsweredTogether(t *testing.T) {
	w := &wire{Reader: strings.NewReader(strings.Repeat("light\n", 50))}
	require.NoError(t, table(t, "light").Converse(w))
	assert.Equal(t, []string{"* 1 words\n", strings.Repeat("1\n", 50)}, w.writes)
}

func TestAnAnswerDoesNotWaitForTheRestOfTheNextLine(t *testing.T) {
	client, server := net.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- table(t, "light sun").Converse(server) }()
	answers := bufio.NewReader(client)
	client.SetDeadline(time.Now().Add(10 * time.Second)) // only a test that fails waits for it
	expect := func(want string) {
		t.Helper()
		got, err := answers.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	expect("* 2 words\n")
	io.WriteString(client, "light\nsu")
	expect("1\n")
	io.WriteString(client, "n\n")
	expect("1\n")
	client.Close()
	<-ended
}

func TestWordsReturnsTheErrorsOfItsConnection(t *testing.T) {
	broken := io.ErrClosedPipe
	assert.ErrorIs(t, table(t, "a").Converse(&wire{Reader: iotest.ErrReader(broken)}), broken)
	assert.ErrorIs(t, table(t, "a").Converse(&wire{Reader: strings.NewReader(""), err: broken}), broken)
	for _, sent := range []string{"", "a\n", "a", strings.Repeat("a", maxLine+10)} {
		in := &counted{Reader: stalls(sent)}
		assert.ErrorIs(t, table(t, "a").Converse(&wire{Reader: in}), os.ErrDeadlineExceeded)
		assert.LessOrEqual(t, in.reads, 3, "a connection that failed is not read again after %.10q", sent)
	}
}

func TestAmongWordsAskedForEquallyOftenTheMoreFrequentComesFirst(t *testing.T) {
	word := func(i int) string { return "w" + strings.Repeat("x", i) }
	var corpus strings.Builder
	for i := range 50 {
		corpus.WriteString(strings.Repeat(word(i)+" ", i+1))
	}
	words := table(t, corpus.String())
	var want []Asked
	for i := 48; i >= 0; i -= 3 {
		words.Ask(word(i))
		want = append(want, Asked{word(i), 1})
	}
	for i := 49; i >= 0; i-- {
		if i%3 != 0 {
			want = append(want, Asked{word(i), 0})
		}
	}
	assert.Equal(t, want, words.Top(100))
	assert.Equal(t, want[:7], words.Top(7))
}

func TestWordsThatAreEquallyFrequentAreInTheOrderOfTheAlphabet(t *testing.T) {
	const corpus = "a b c d e f g h i j k l m n o p"
	for i, asked := range table(t, corpus).Top(16) {
		assert.Equal(t, strings.Fields(corpus)[i], asked.Word)
	}
}

// Part 2's test builds with the tag racy and runs such a load to see the race detector report it.
func TestTheTallyCountsEveryQuestion(t *testing.T) {
	words := table(t, "light of the sun")
	var clients sync.WaitGroup
	for range 100 {
		clients.Go(func() {
			for _, word := range strings.Fields(strings.Repeat("light of the sun ", 25)) {
				words.Ask(word)
			}
			words.Ask("moon") // unknown words are not remembered
		})
	}
	clients.Wait()
	sum := 0
	for _, asked := range words.Top(100) {
		sum += asked.Times
	}
	assert.Equal(t, 10_000, sum)
}

func FuzzWords(f *testing.F) {
	f.Add([]byte("light\nTOP 3\n"))
	f.Add([]byte("\xff\r\n\r\nTOP 0"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		words := table(t, "light of the sun")
		answers := dialogue(t, words, bytes.NewReader(sent))
		again := dialogue(t, table(t, "light of the sun"), iotest.OneByteReader(bytes.NewReader(sent)))
		assert.Equal(t, answers, again, "however it is split")
		lines := bytes.Count(sent, []byte("\n"))
		assert.GreaterOrEqual(t, strings.Count(answers, "\n"), lines, "each line is answered")
	})
}

func BenchmarkAsk(b *testing.B) {
	words, err := LoadTable("")
	require.NoError(b, err)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			words.Ask("light")
		}
	})
}
