package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/concurrent-servers/shared/servertest"
)

// The go command completes go.work.sum when it needs a checksum that is not there. In a checkout that cannot be
// written, that is the end of the first command.
func TestTheWorkspaceHasAllChecksumsThatItsCommandsNeed(t *testing.T) {
	copied := t.TempDir()
	copyCheckout(t, copied)
	before, err := os.ReadFile(filepath.Join(copied, "go.work.sum"))
	require.NoError(t, err, "go.work.sum is part of the repository")
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "work")
	list.Dir = copied
	out, err := list.CombinedOutput()
	require.NoError(t, err, "%s", out)
	after, err := os.ReadFile(filepath.Join(copied, "go.work.sum"))
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after), "the go command has added checksums: commit them")
	assert.NotRegexp(t, `(?m)^/?go\.work\.sum$`, read(t, ".gitignore"))
}

// copyCheckout copies the checkout, without its history.
func copyCheckout(t *testing.T, to string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(to, 0o755))
	for _, entry := range entries {
		from, to := filepath.Join(root, entry.Name()), filepath.Join(to, entry.Name())
		switch {
		case entry.Name() == ".git":
		case entry.IsDir():
			require.NoError(t, os.CopyFS(to, os.DirFS(from)))
		default:
			content, err := os.ReadFile(from)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(to, content, 0o644))
		}
	}
}

// firstCommand is the first one in a block of the README.
var firstCommand = regexp.MustCompile("(?m)^```sh\n(go run .*)\n")

func TestTheFirstCommandWorksInACheckoutThatCannotBeWritten(t *testing.T) {
	servertest.Slow(t)
	m := firstCommand.FindStringSubmatch(read(t, "README.md"))
	require.NotNil(t, m, "the README has no command")

	// What another user of this machine would have: the checkout, read-only, and caches of his own. The modules come
	// from this user's cache, so that no network is needed.
	place, err := os.MkdirTemp("", "concurrent-servers-readonly-")
	require.NoError(t, err)
	checkout := filepath.Join(place, "checkout")
	t.Cleanup(func() { // module caches are read-only
		exec.Command("chmod", "-R", "u+w", place).Run()
		os.RemoveAll(place)
	})
	copyCheckout(t, checkout)
	modules, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	downloads := filepath.Join(place, "downloads")
	require.NoError(t, os.CopyFS(downloads, os.DirFS(filepath.Join(strings.TrimSpace(string(modules)), "cache", "download"))))
	command := exec.CommandContext(t.Context(), "sh", "-c", m[1])
	command.Dir = checkout
	for _, name := range []string{"HOME", "TMPDIR", "GOCACHE", "GOMODCACHE"} {
		dir := filepath.Join(place, name)
		require.NoError(t, os.Mkdir(dir, 0o755))
		command.Env = append(command.Env, name+"="+dir)
	}
	command.Env = append(command.Env, "PATH="+os.Getenv("PATH"), "GOPROXY=file://"+filepath.ToSlash(downloads), "GOSUMDB=off", "GOFLAGS=-modcacherw")
	asAnotherUser(t, command, place)
	require.NoError(t, exec.CommandContext(t.Context(), "chmod", "-R", "a-w", checkout).Run())

	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", m[1], out)
	assert.Contains(t, string(out), "part4-bounded-accept")
}
