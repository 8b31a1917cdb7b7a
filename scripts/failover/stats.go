package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An instance is what HAProxy has counted of one.
type instance struct {
	name      string
	given     int           // conversations
	elsewhere int           // clients that it refused, and whom another took
	away      int           // clients that it refused, and whom nobody took
	down      time.Duration // in whole seconds, as HAProxy counts them
}

const statsPatience = 5 * time.Second

// stats asks HAProxy what it has counted.
func (f *fleet) stats(ctx context.Context) ([]instance, error) {
	table, err := ask(ctx, f.statsAddr, "show stat\n")
	if err == nil {
		return counted(table)
	}
	select {
	case <-f.proxyEnded:
		return nil, f.proxyError()
	case <-time.After(time.Second):
		return nil, fmt.Errorf("haproxy does not answer: %w", err)
	}
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
	if err != nil {
		return nil, fmt.Errorf("haproxy's statistics are no table: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("haproxy's statistics are empty")
	}
	column := make(map[string]int)
	for _, name := range []string{"svname", "stot", "wredis", "econ", "downtime"} {
		if column[name] = slices.Index(rows[0], name); column[name] < 0 {
			return nil, fmt.Errorf("haproxy's statistics have no column %q", name)
		}
	}
	var all []instance
	for _, name := range names {
		at := slices.IndexFunc(rows, func(row []string) bool { return row[column["svname"]] == name })
		if at < 0 {
			return nil, fmt.Errorf("haproxy knows no server %q: want one, two and three in its configuration", name)
		}
		var figures []int
		for _, of := range []string{"stot", "wredis", "econ", "downtime"} {
			text := rows[at][column[of]]
			n, err := strconv.Atoi(text)
			if err != nil && text != "" { // empty where it does not count, as downtime without checks
				return nil, fmt.Errorf("haproxy's statistics say %s %q of server %s, want a number", of, text, name)
			}
			figures = append(figures, n)
		}
		all = append(all, instance{name, figures[0], figures[1], figures[2], time.Duration(figures[3]) * time.Second})
	}
	return all, nil
}
