package docs

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var minutes = regexp.MustCompile(`(?m)^\| (\d+) \|`)

func TestTheMinutesOfASchedule(t *testing.T) {
	sections := strings.Split(read(t, "docs/workshop.md"), "\n## ")
	for title, want := range map[string]int{"90 minutes": 90, "Half a day": 240} {
		sum := 0
		for _, section := range sections {
			if strings.HasPrefix(section, title+"\n") {
				for _, m := range minutes.FindAllStringSubmatch(section, -1) {
					n, err := strconv.Atoi(m[1])
					require.NoError(t, err)
					sum += n
				}
			}
		}
		assert.Equal(t, want, sum, title)
	}
}
