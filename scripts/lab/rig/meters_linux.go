package rig

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readSystem reads /proc, as proc(5) describes it. What cannot be read stays unknown.
func readSystem(pid int, addr string) System {
	s := unknown
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	if status, err := os.ReadFile(filepath.Join(dir, "status")); err == nil {
		s.Resident = kilobytes(status, "VmRSS:")
		s.Virtual = kilobytes(status, "VmSize:")
	}
	if open, err := os.ReadDir(filepath.Join(dir, "fd")); err == nil {
		s.Descriptors = int64(len(open))
	}
	if stat, err := os.ReadFile(filepath.Join(dir, "stat")); err == nil {
		s.CPU = processorTime(stat)
	}
	s.Backlog = backlog(addr)
	return s
}

func kilobytes(status []byte, key string) int64 {
	for line := range bytes.Lines(status) {
		if rest, ok := bytes.CutPrefix(line, []byte(key)); ok {
			var kb int64
			if _, err := fmt.Sscan(string(rest), &kb); err == nil {
				return kb << 10
			}
		}
	}
	return Unknown
}

// processorTime adds the times in user and in kernel mode, which are given in hundredths of a second.
func processorTime(stat []byte) int64 {
	nameEnd := bytes.LastIndexByte(stat, ')') // the name may contain spaces, and brackets
	fields := strings.Fields(string(stat[nameEnd+1:]))
	if len(fields) < 13 {
		return Unknown
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	kernel, err2 := strconv.ParseInt(fields[12], 10, 64)
	if err != nil || err2 != nil {
		return Unknown
	}
	return (user + kernel) * 10
}

// backlog is the length of the queue of the socket that listens on addr, an IPv4 address: for a socket in the
// state LISTEN (0A), the rx_queue of /proc/net/tcp.
func backlog(addr string) int64 {
	_, portText, err := net.SplitHostPort(addr)
	port, err2 := strconv.Atoi(portText)
	table, err3 := os.Open("/proc/net/tcp")
	if err != nil || err2 != nil || err3 != nil {
		return Unknown
	}
	defer table.Close()
	local := fmt.Sprintf(":%04X", port)
	for lines := bufio.NewScanner(table); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // 0: 0100007F:2382 00000000:0000 0A 00000000:00000030 …
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
