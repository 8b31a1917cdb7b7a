package servertest

import (
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"example.com/concurrent-servers/shared/process"
)

func (p program) portBusy(t *testing.T) {
	s := p.start(t)
	_, port, _ := net.SplitHostPort(s.Addr)
	for _, args := range [][]string{{"-addr", s.Addr}, {port}} {
		status, _, stderr := p.run(t, args...)
		if status != 1 || strings.Count(stderr, "\n") != 1 ||
			!strings.Contains(stderr, port) || !strings.Contains(stderr, "-addr") {
			t.Errorf("%v in use: status %d and %q, want 1 and a line that names port and flag", args, status, stderr)
		}
	}
	p.neighbour(t, s) // the first instance is none the worse
}

func (p program) loopback(t *testing.T) {
	// 9090 itself may be in use; the argument takes the default's host.
	s, err := process.Start(t.Context(), p.path, "0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Kill()
	if !strings.HasPrefix(s.Addr, "127.0.0.1:") {
		t.Errorf("listens on %s, want 127.0.0.1", s.Addr)
	}
}

func (p program) badArguments(t *testing.T) {
	wrong := [][]string{
		{"99999"}, {"-1"}, {"http"}, {"9090", "9091"}, {"9090", "-quiet"}, {"-addr", "127.0.0.1:9090", "9091"},
		{"-addr", "9090"}, {"-addr", "127.0.0.1:99999"}, {"-protocol", "gopher"}, {"-protocol", ""},
		{"-idle-timeout", "-1s"}, {"-idle-timeout", "soon"}, {"-drain", "-1s"}, {"-color", "red"},
		{"-debug", "0.0.0.0:0"}, {"-debug", ":0"}, {"-debug", "x"}, {"-no-such-flag"}, {"-corpus", "without-words.txt"},
	}
	if p.hasN {
		for _, n := range []string{"0", "-1", "x", "1000000000", "99999999999999999999", "1.5", ""} {
			wrong = append(wrong, []string{"-n", n})
		}
	}
	for _, args := range wrong {
		status, stdout, stderr := p.run(t, args...)
		if status != 2 || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%q: status %d, %q and %q, want 2 and one line on standard error", args, status, stdout, stderr)
		}
		if strings.Contains(stderr, "listening") {
			t.Errorf("%q: it listened", args)
		}
	}
}

func (p program) badCorpus(t *testing.T) {
	empty := t.TempDir() + "/empty.txt"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, corpus := range []string{p.path, empty, empty + ".missing"} { // a program is no text
		status, _, stderr := p.run(t, "-protocol", "words", "-corpus", corpus)
		if status != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "-corpus") {
			t.Errorf("-corpus %s: status %d and %q, want 1 and a line that names the flag", corpus, status, stderr)
		}
	}
}

func (p program) help(t *testing.T) {
	status, stdout, stderr := p.run(t, "-h")
	if status != 0 || stderr != "" || !strings.Contains(stdout, "usage: "+name(p.path)) && runtime.GOOS != "windows" {
		t.Errorf("-h: status %d, %q and %q", status, stdout, stderr)
	}
	for line := range strings.Lines(stdout) {
		if len(line) > 81 { // with its end
			t.Errorf("the help has a line of %d columns: %s", len(line)-1, line)
		}
	}
}
