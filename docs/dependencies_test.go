package docs

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryDependencyIsExplained(t *testing.T) {
	said := read(t, "docs/dependencies.md")
	modules, err := filepath.Glob(filepath.Join(root, "*", "go.mod"))
	require.NoError(t, err)
	require.NotEmpty(t, modules)
	for _, path := range modules {
		module, err := filepath.Rel(root, path)
		require.NoError(t, err)
		for line := range strings.Lines(read(t, module)) {
			fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
			if len(fields) != 2 || !strings.HasPrefix(fields[1], "v") || strings.HasPrefix(fields[0], "example.com/") {
				continue // no requirement, or an indirect one, or our own
			}
			assert.True(t, strings.Contains(said, "`"+fields[0]+"`"), "%s in %s is not explained", fields[0], module)
		}
	}
}
