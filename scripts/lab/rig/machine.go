package rig

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/client"
)

// A Machine is what the lab runs on, and what ran there before the lab began. A number that the system does not tell
// is [Unknown].
type Machine struct {
	Processor   string  `json:"processor,omitempty"` // the model
	System      string  `json:"system"`              // operating system and architecture
	Cores       int     `json:"cores"`               // processors that this process may use
	MaxProcs    int     `json:"gomaxprocs"`
	Quota       float64 `json:"quota"` // how many processors' time the cgroup may use; Unknown if there is no quota
	Go          string  `json:"go"`
	Descriptors int     `json:"descriptors"`  // how many files a process may have open
	Load        float64 `json:"load_average"` // over the last minute
	Used        float64 `json:"used"`         // how many processors other programs used during a short look
	Of          int     `json:"used_of"`      // of so many, which may be more than Cores
}

// look is how long [Look] watches what other programs do.
const look = 200 * time.Millisecond

// Look describes this machine. It takes a moment, in which the caller must do nothing else.
func Look(ctx context.Context) Machine {
	m := Machine{
		System:      runtime.GOOS + "/" + runtime.GOARCH,
		Cores:       runtime.NumCPU(),
		MaxProcs:    runtime.GOMAXPROCS(0),
		Quota:       Unknown,
		Go:          runtime.Version(),
		Descriptors: DescriptorLimit(),
		Load:        Unknown,
		Used:        Unknown,
	}
	if root := systemFiles(); root != nil {
		before := read(root, "proc/stat")
		client.Sleep(ctx, look) // cut short, it is less exact
		m.readFrom(root)
		m.Used, m.Of = used(before, read(root, "proc/stat"))
	}
	return m
}

// busy is the share of the processors from which on other programs leave too little for measurements.
const busy = 0.25

// Busy reports whether other programs used so much of the machine that the lab will often not be able to tell.
func (m Machine) Busy() bool { return m.Of > 0 && m.Used >= busy*float64(m.Of) }

// String describes the machine in some short lines.
func (m Machine) String() string {
	what := []string{m.System, plural(m.Cores, "processor"), m.Go}
	if m.Processor != "" {
		what = append([]string{m.Processor}, what...)
	}
	if m.MaxProcs != m.Cores {
		what = append(what, fmt.Sprintf("GOMAXPROCS %d", m.MaxProcs))
	}
	var limits, before []string
	if m.Quota != Unknown {
		limits = append(limits, fmt.Sprintf("%.3g processors' time by quota", m.Quota))
	}
	if m.Descriptors != Unknown {
		limits = append(limits, plural(m.Descriptors, "open file"))
	}
	if m.Load != Unknown {
		before = append(before, fmt.Sprintf("load average %.1f", m.Load))
	}
	if m.Used != Unknown {
		before = append(before, fmt.Sprintf("other programs used %.1f of %s", m.Used, plural(m.Of, "processor")))
	}
	text := "Machine: " + strings.Join(what, ", ") + "\n"
	if len(limits) > 0 {
		text += "Limits: " + strings.Join(limits, ", ") + "\n"
	}
	if len(before) > 0 {
		text += "Before this run: " + strings.Join(before, ", ") + "\n"
	}
	return text
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// readFrom reads what Linux tells in files below root.
func (m *Machine) readFrom(root fs.FS) {
	m.Processor = processor(read(root, "proc/cpuinfo"))
	m.Quota = quota(root)
	if first, _, _ := strings.Cut(read(root, "proc/loadavg"), " "); first != "" {
		m.Load = number(first)
	}
}

func read(root fs.FS, name string) string {
	text, _ := fs.ReadFile(root, name) // what cannot be read is not told
	return string(text)
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return Unknown
	}
	return v
}

var trademarks = strings.NewReplacer("(R)", "", "(TM)", "", "(tm)", "")

// processor returns the model in /proc/cpuinfo, which names it only on some architectures.
func processor(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == "model name" {
			return strings.Join(strings.Fields(trademarks.Replace(value)), " ")
		}
	}
	return ""
}

// used returns how many processors were busy between two readings of /proc/stat, and of how many. In a line
//
//	cpu  user nice system idle iowait irq softirq steal guest guest_nice
//
// user and nice contain guest and guest_nice. What a hypervisor has stolen was not idle either.
func used(before, after string) (processors float64, of int) {
	busyBefore, idleBefore, _ := ticks(before)
	busyAfter, idleAfter, of := ticks(after)
	all := busyAfter - busyBefore + idleAfter - idleBefore
	if all <= 0 || of == 0 {
		return Unknown, of
	}
	return max(busyAfter-busyBefore, 0) / all * float64(of), of
}

// ticks returns how much time all processors were busy and idle, and how many processors there are.
func ticks(stat string) (busy, idle float64, processors int) {
	for line := range strings.Lines(stat) {
		fields := strings.Fields(line)
		switch {
		case len(fields) < 5 || !strings.HasPrefix(fields[0], "cpu"):
		case fields[0] != "cpu":
			processors++
		default:
			for i, field := range fields[1:min(len(fields), 9)] {
				if i == 3 || i == 4 { // idle, and waiting for a disk
					idle += number(field)
				} else {
					busy += number(field)
				}
			}
		}
	}
	return busy, idle, processors
}

// quota returns how many processors' time this process may use, by the strictest of its cgroup and those above. It
// reads both versions of cgroups.
func quota(root fs.FS) (least float64) {
	least = Unknown
	for line := range strings.Lines(read(root, "proc/self/cgroup")) { // as 0::/a/b, or 4:cpu,cpuacct:/a/b
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		for dir := path.Join("/", group); ; dir = path.Dir(dir) {
			for _, q := range quotasIn(root, controllers, dir) {
				if q > 0 && (least == Unknown || q < least) {
					least = q
				}
			}
			if dir == "/" {
				break
			}
		}
	}
	return least
}

// quotasIn returns what the files of a cgroup say. A value that is not positive is no quota.
func quotasIn(root fs.FS, controllers, group string) (quotas []float64) {
	share := func(quota, period string) {
		if period := number(period); period > 0 {
			quotas = append(quotas, number(quota)/period)
		}
	}
	switch {
	case controllers == "": // version 2
		quota, period, _ := strings.Cut(read(root, path.Join("sys/fs/cgroup", group, "cpu.max")), " ")
		share(quota, period)
	case strings.Contains(","+controllers+",", ",cpu,"):
		for _, mount := range []string{controllers, "cpu"} { // some systems have only one of them
			dir := path.Join("sys/fs/cgroup", mount, group)
			share(read(root, path.Join(dir, "cpu.cfs_quota_us")), read(root, path.Join(dir, "cpu.cfs_period_us")))
		}
	}
	return quotas
}
