package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/concurrent-servers/shared/process"
)

// names are the instances' in haproxy.cfg.
var names = []string{"one", "two", "three"}

const part = "part4-bounded-accept"

// A fleet is three instances with HAProxy in front of them. Whoever makes one ends it with close.
type fleet struct {
	front string // where clients connect

	bin       string
	places    int
	instances []*process.Server
	proxy     *exec.Cmd
	complaint bytes.Buffer // what HAProxy says
	statsAddr string
}

// newFleet builds the part and starts everything. config is a file for HAProxy, "" for the one beside this source.
func newFleet(ctx context.Context, places int, config string) (f *fleet, err error) {
	f = &fleet{places: places}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	root, err := process.Root(ctx)
	if err != nil {
		return nil, err
	}
	if f.bin, err = os.MkdirTemp("", "concurrent-servers-"); err != nil {
		return nil, err
	}
	if err := process.Build(ctx, f.bin, root, "./"+part); err != nil {
		return nil, err
	}
	for i := range names {
		f.instances = append(f.instances, nil)
		if err := f.start(i); err != nil {
			return nil, err
		}
	}
	if config == "" {
		config = filepath.Join(root, "scripts", "failover", "haproxy.cfg")
	}
	if err := f.startProxy(ctx, config); err != nil {
		return nil, err
	}
	_, err = f.stats(ctx) // it runs, and knows all three
	return f, err
}

// start starts instance i, where it was before if it has run already.
func (f *fleet) start(i int) error {
	addr := "127.0.0.1:0"
	if f.instances[i] != nil {
		addr = f.instances[i].Addr
	}
	// One place more than HAProxy fills: it is for the checks.
	s, err := process.Start(process.Path(f.bin, part), "-quiet", "-addr", addr, "-n", strconv.Itoa(f.places+1))
	if err == nil {
		f.instances[i] = s
	}
	return err
}

// kill ends instance i as a crash would.
func (f *fleet) kill(i int) { f.instances[i].Kill() }

// startProxy starts HAProxy on two listeners that are open already, so that no other program can take their ports and
// nobody has to wait until it listens.
func (f *fleet) startProxy(ctx context.Context, config string) error {
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer front.Close()
	stats, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer stats.Close()
	f.front, f.statsAddr = front.Addr().String(), stats.Addr().String()

	f.proxy = exec.CommandContext(ctx, "haproxy", "-db", "-f", config)
	f.proxy.Stderr = &f.complaint
	for _, ln := range []net.Listener{front, stats} { // the first is its descriptor 3
		file, err := ln.(*net.TCPListener).File()
		if err != nil {
			return err
		}
		defer file.Close()
		f.proxy.ExtraFiles = append(f.proxy.ExtraFiles, file)
	}
	f.proxy.Env = append(os.Environ(), "FRONT=fd@3", "STATS=fd@4", "PLACES="+strconv.Itoa(f.places),
		"ONE="+f.instances[0].Addr, "TWO="+f.instances[1].Addr, "THREE="+f.instances[2].Addr)
	return f.proxy.Start()
}

// close ends all that runs and removes what was built.
func (f *fleet) close() {
	f.endProxy()
	for _, s := range f.instances {
		if s != nil {
			s.Kill()
		}
	}
	os.RemoveAll(f.bin)
}

func (f *fleet) endProxy() {
	if f.proxy != nil && f.proxy.Process != nil {
		f.proxy.Process.Kill()
		f.proxy.Wait() // the complaint is complete then; a second call does nothing
	}
}

// An instance is what HAProxy has counted of one.
type instance struct {
	name      string
	given     int           // conversations
	elsewhere int           // that it refused, and that were given to another
	down      time.Duration // in whole seconds, as HAProxy counts them
}

const statsPatience = 5 * time.Second

// stats asks HAProxy what it has counted.
func (f *fleet) stats(ctx context.Context) ([]instance, error) {
	table, err := ask(ctx, f.statsAddr, "show stat\n")
	if err != nil {
		f.endProxy()
		return nil, fmt.Errorf("haproxy does not answer: %w\n%s", err, f.complaint.String())
	}
	return counted(table)
}

// ask sends a question to HAProxy's stats socket, which hangs up after its answer.
func ask(ctx context.Context, addr, question string) (string, error) {
	d := net.Dialer{Timeout: statsPatience}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(statsPatience))
	if _, err := io.WriteString(conn, question); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

// counted takes the instances out of HAProxy's table: comma-separated, its first line names the columns.
func counted(table string) ([]instance, error) {
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("haproxy's statistics are no table (%w): %q", err, table)
	}
	column := make(map[string]int)
	for i, name := range rows[0] {
		column[name] = i
	}
	number := func(row []string, name string) int {
		n, _ := strconv.Atoi(row[column[name]]) // empty where HAProxy has not counted
		return n
	}
	var all []instance
	for _, name := range names {
		at := slices.IndexFunc(rows, func(row []string) bool { return row[column["svname"]] == name })
		if at < 0 {
			return nil, fmt.Errorf("haproxy knows no server %q: want one, two and three in its configuration", name)
		}
		row := rows[at]
		down := time.Duration(number(row, "downtime")) * time.Second
		all = append(all, instance{name, number(row, "stot"), number(row, "wredis"), down})
	}
	return all, nil
}
