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

func TestEveryDependencyIsExplained(t *testing.T) {
	said := read(t, "docs/dependencies.md")
	for _, module := range []string{"shared", "part2-threaded", "part3-pool", "scripts", "docs"} {
		mod := read(t, module+"/go.mod")
		for line := range strings.Lines(mod) {
			fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
			if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") || strings.HasPrefix(fields[0], "example.com/") {
				continue // no requirement, or an indirect one, or our own
			}
			assert.True(t, strings.Contains(said, "`"+fields[0]+"`"), "%s in %s/go.mod is not explained", fields[0], module)
		}
	}
}
