package rig

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// readSystem reads /proc, as proc(5) describes it. What cannot be read stays unknown.
func readSystem(pid int, addr string) System {
	s := unknown
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	var space, resident int64 // in pages
	if statm, err := os.ReadFile(filepath.Join(dir, "statm")); err == nil {
		if _, err := fmt.Sscan(string(statm), &space, &resident); err == nil {
			s.Virtual, s.Resident = space*int64(os.Getpagesize()), resident*int64(os.Getpagesize())
		}
	}
	if open, err := os.Open(filepath.Join(dir, "fd")); err == nil {
		if names, err := open.Readdirnames(-1); err == nil {
			s.Descriptors = int64(len(names))
		}
		open.Close()
	}
	if stat, err := os.ReadFile(filepath.Join(dir, "stat")); err == nil {
		s.CPU = processorTime(stat)
	}
	if table, err := os.Open("/proc/net/tcp"); err == nil {
		s.Backlog = backlog(table, addr)
		table.Close()
	}
	return s
}

// told returns the sum of what lines with these names say in a file of a process in /proc, in bytes, or [Unknown].
func told(pid int, file string, names ...string) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	if err != nil {
		return Unknown
	}
	return kibibytes(string(text), names...)
}

// processorTime adds the times in user and in kernel mode, which stat has in hundredths of a second.
func processorTime(stat []byte) int64 {
	user, kernel := field(stat, 11), field(stat, 12)
	if user == Unknown || kernel == Unknown {
		return Unknown
	}
	return (user + kernel) * 10
}

// threads returns how many threads a process has, or 0.
func threads(pid int) uint64 {
	stat, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return uint64(max(field(stat, 17), 0))
}

// field returns a number of /proc/PID/stat. The first field after the name is number 0.
func field(stat []byte, number int) int64 {
	nameEnd := bytes.LastIndexByte(stat, ')') // the name may contain spaces and brackets
	fields := strings.Fields(string(stat[nameEnd+1:]))
	if len(fields) <= number {
		return Unknown
	}
	n, err := strconv.ParseInt(fields[number], 10, 64)
	if err != nil {
		return Unknown
	}
	return n
}

// KernelMemory returns how many bytes the kernel uses for the stacks of threads, for page tables, and
// for its small objects, such as those of threads and connections. They are those of all processes.
func KernelMemory() int64 {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return Unknown
	}
	return kernelMemory(string(info))
}

// kernelMemory adds what /proc/meminfo says of what the kernel uses.
func kernelMemory(info string) int64 { return kibibytes(info, "Slab:", "KernelStack:", "PageTables:") }

// kibibytes adds the numbers in lines such as "Slab:   306128 kB" that begin with one of the names. It returns bytes,
// or [Unknown] if there is no such line.
func kibibytes(info string, names ...string) int64 {
	sum, found := int64(0), false
	for line := range strings.Lines(info) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !slices.Contains(names, fields[0]) {
			continue
		}
		kib, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return Unknown
		}
		sum, found = sum+kib<<10, true
	}
	if !found {
		return Unknown
	}
	return sum
}

// backlog returns the length of the queue of the socket that listens on addr, an IPv4 address. In a
// line of /proc/net/tcp for a socket in the state LISTEN (0A), that is the second half of the fifth
// field:
//
//	0: 0100007F:2382 00000000:0000 0A 00000000:00000030 …
//
// The kernel lists the sockets that listen first. backlog reads no further, because the kernel takes
// long to list tens of thousands of connections.
func backlog(table io.Reader, addr string) int64 {
	_, portText, _ := net.SplitHostPort(addr)
	port, err := strconv.Atoi(portText)
	if err != nil {
		return Unknown
	}
	local := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(table); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 || !strings.HasSuffix(fields[1], local) || fields[3] != "0A" {
			continue
		}
		_, queue, _ := strings.Cut(fields[4], ":")
		if length, err := strconv.ParseInt(queue, 16, 64); err == nil {
			return length
		}
	}
	return Unknown
}
