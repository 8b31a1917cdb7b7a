package rig

import (
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// files returns a file system with these contents by name.
func files(contents map[string]string) fstest.MapFS {
	root := make(fstest.MapFS)
	for name, text := range contents {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestTheQuotaIsTheStrictestAboveTheProcess(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  float64
	}{
		"nothing is told": {nil, Unknown},
		"version 2": {map[string]string{
			"proc/self/cgroup":                 "0::/a/b\n",
			"sys/fs/cgroup/a/b/cpu.max":        "max 100000\n",
			"sys/fs/cgroup/a/cpu.max":          "150000 100000\n",
			"sys/fs/cgroup/cpu.max":            "400000 100000\n",
			"sys/fs/cgroup/elsewhere/cpu.max":  "1000 100000\n",
			"sys/fs/cgroup/a/b/deeper/cpu.max": "1000 100000\n",
		}, 1.5},
		"version 2 without a quota": {map[string]string{
			"proc/self/cgroup":      "0::/\n",
			"sys/fs/cgroup/cpu.max": "max 100000\n",
		}, Unknown},
		"a path of the host, which the container does not see": {map[string]string{
			"proc/self/cgroup":      "0::/../../host\n",
			"sys/fs/cgroup/cpu.max": "50000 100000\n",
		}, 0.5},
		"version 1": {map[string]string{
			"proc/self/cgroup": "4:memory:/m\n3:cpu,cpuacct:/box\n",
			"sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us":  "200000\n",
			"sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":      "-1\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us":     "100000\n",
		}, 2},
		"version 1 under its short name": {map[string]string{
			"proc/self/cgroup":                    "3:cpuacct,cpu:/\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":  "25000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
		}, 0.25},
		"no numbers": {map[string]string{
			"proc/self/cgroup":      "\nnonsense\n0::/\n",
			"sys/fs/cgroup/cpu.max": "a b\n",
		}, Unknown},
	} {
		assert.InDelta(t, test.want, quota(files(test.files)), 1e-9, name)
	}
}

func TestWhatOtherProgramsUseIsTheTimeThatNoProcessorWasIdle(t *testing.T) {
	const before = "cpu  100 0 50 800 40 5 5 0 70 0\ncpu0 1 2 3 4 5\ncpu1 1 2 3 4 5\nintr 7 8 9 10 11\n"
	const after = "cpu  110 0 60 810 45 5 5 5 75 0\ncpu0 1 2 3 4 5\ncpu1 1 2 3 4 5\nintr 7 8 9 10 11\n"
	processors, of := used(before, after)
	assert.InDelta(t, 2*25./40, processors, 1e-9)
	assert.Equal(t, 2, of)
	for _, stat := range []string{"", before, "cpu\n", "cpu x y z a\n"} {
		processors, _ = used(stat, stat)
		assert.Equal(t, float64(Unknown), processors, "no time has passed in %q", stat)
	}
}

func TestAMachineIsReadAsFarAsItTells(t *testing.T) {
	m := Machine{Load: Unknown}
	m.readFrom(files(map[string]string{
		"proc/cpuinfo": "processor\t: 0\nmodel name\t: A(R)  Processor @ 2GHz\nmodel name\t: Another\n",
		"proc/loadavg": "1.35 0.74 0.98 1/88 2886\n",
	}))
	assert.Equal(t, Machine{Processor: "A Processor @ 2GHz", Quota: Unknown, Load: 1.35}, m)
	m.readFrom(files(nil))
	assert.Empty(t, m.Processor)

	m = Look(t.Context())
	assert.Positive(t, m.Cores)
	assert.Contains(t, m.String(), m.Go)
}

func TestAMachineIsDescribedInAFewShortLines(t *testing.T) {
	m := Machine{"AMD EPYC", "linux/amd64", 2, 1, 1.5, "go1.26.0", 20000, 1.35, 1.8, 2}
	assert.Equal(t, `Machine: AMD EPYC, linux/amd64, 2 processors, go1.26.0, GOMAXPROCS 1
Limits: 1.5 processors' time by quota, 20000 open files
Before this run: load average 1.4, other programs used 1.8 of 2 processors
`, m.String())
	for line := range strings.Lines(m.String()) {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 81)
	}
	assert.Equal(t, "Machine: plan9/arm, 1 processor, go1.26.0\n",
		Machine{"", "plan9/arm", 1, 1, Unknown, "go1.26.0", Unknown, Unknown, Unknown, 0}.String(), "what is not known is not said")

	for _, test := range []struct {
		used float64
		of   int
		busy bool
	}{{0.4, 2, false}, {0.6, 2, true}, {1, 16, false}, {Unknown, 0, false}, {0, 2, false}} {
		assert.Equal(t, test.busy, Machine{Used: test.used, Of: test.of}.Busy(), "%+v", test)
	}
}
