package client

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/memnet"
	"example.com/concurrent-servers/shared/protocol"
	"example.com/concurrent-servers/shared/timeline"
)

var update = flag.Bool("update", false, "write the picture that is drawn now into testdata")

// Each lane is the one client of a server of its own. The client says everything within 2 s and hangs up 0.2 s later.
func TestSlowServersAreDrawnAsTheyAre(t *testing.T) {
	var chart timeline.Chart
	for _, test := range []struct {
		name  string
		serve server
	}{
		{"prompt", func(conn *memnet.Conn) { protocol.Message(conn) }},
		{"slow", answersAfter(1500 * time.Millisecond)}, // sleeps 1.5 s before each of its three answers
		{"bytewise", answersBytewise},                   // 0.1 s before each byte
		{"silent", answersNothing},
	} {
		lane, _ := run(t, Run{}, test.serve)
		lane.Name = test.name
		chart.Lanes = append(chart.Lanes, lane)
	}
	var text, svg bytes.Buffer
	require.NoError(t, timeline.Text(&text, timeline.Size{Width: 80}, false, chart))
	assert.Equal(t, strings.TrimPrefix(`
           0s     2s     4s      6s     8s     10s    12s
prompt    ◆━━━━━━━━                                      served 2.2s
slow      ◆━━━━━━━━╍╍╍╍╍╍╍╍                              served 4.5s, 2.3s late
bytewise  ◆━━━━━━━━╍╍                                    served 2.8s, 600ms late
silent    ◆━━━━━━━━╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍╍✗ failed
          ✗ silent: no reply within 10s after the client hung up
          ◆ arrived  ··· waiting  ━━━ served  ╍╍╍ late  ✗ failed
`, "\n"), text.String())

	require.NoError(t, timeline.SVG(&svg, "A client of slow servers", chart))
	const golden = "testdata/slow.svg"
	if *update {
		require.NoError(t, os.WriteFile(golden, svg.Bytes(), 0o666))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), svg.String())
}
