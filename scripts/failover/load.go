package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"slices"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/client"
)

// A conversation is what a client and HAProxy know about one.
type conversation struct {
	began, ended time.Time
	waited       time.Duration // for the greeting
	greeted      bool
	failure      string // "" if it went well
	port         string // from which the client connected to HAProxy; "" if it could not

	// HAProxy's log says the rest.
	instance string // to which HAProxy connected the client; "" for none
	refused  bool   // an instance refused the client before
}

// load lets the clients talk, one conversation after the other, and begins none after until.
func (f *fleet) load(ctx context.Context, until time.Time) []conversation {
	var mu sync.Mutex
	var all []conversation
	var clients sync.WaitGroup
	for range f.clients {
		clients.Go(func() {
			for ctx.Err() == nil && time.Now().Before(until) {
				c := f.converse(ctx)
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
				if c.failure != "" {
					client.Sleep(ctx, f.pause) // a client that failed does not come back at once
				}
			}
		})
	}
	clients.Wait()
	slices.SortFunc(all, func(a, b conversation) int { return a.ended.Compare(b.ended) })
	return all
}

// converse carries on one conversation through HAProxy.
func (f *fleet) converse(ctx context.Context) conversation {
	c := conversation{began: time.Now()}
	talk := client.Run{Clients: 1, Pause: f.pause, Log: slog.New(slog.DiscardHandler)}
	talk.Dial = func(ctx context.Context) (net.Conn, error) {
		conn, err := client.Dial(f.front)(ctx)
		if err == nil {
			_, c.port, _ = net.SplitHostPort(conn.LocalAddr().String())
		}
		return conn, err
	}
	lane := talk.Do(ctx).Lanes[0]
	c.ended, c.waited, c.greeted, c.failure = time.Now(), lane.Waited, lane.Served > 0, lane.Failure
	return c
}

// logPatience is how long HAProxy may take to log the end of a conversation. It is a variable for
// the tests only.
var logPatience = 10 * time.Second

// attribute waits until HAProxy has logged the conversations, and adds to each what the log says.
func (f *fleet) attribute(ctx context.Context, all []conversation) error {
	late := fmt.Errorf("haproxy has not logged every conversation after %v: want \"nbthread 1\", \"log stdout format raw local0\" and \"option tcplog\" in %s", logPatience, f.config)
	ctx, cancel := context.WithTimeoutCause(ctx, logPatience, late)
	defer cancel()
	for {
		log, err := os.ReadFile(f.logPath())
		if err != nil {
			return err
		}
		if logged(all, string(log)) {
			return nil
		}
		if err := client.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// logLine is a line of HAProxy's log in the format tcplog. It captures the client's port, the
// server, the time that connecting to it took (-1 if that failed) and the number of retries.
var logLine = regexp.MustCompile(`(?m)^\S+:(\d+) \[.*?\] \S+ \S+/(\S+) -?\d+/(-?\d+)/\+?\d+ \+?\d+ \S\S \d+/\d+/\d+/\d+/\+?(\d+) \d+/\d+\n`)

// logged adds to each conversation what HAProxy's log says about it. It reports whether the log
// holds them all. The conversations of one port are in the same order in both.
func logged(all []conversation, log string) bool {
	byPort := make(map[string][][]string)
	for _, line := range logLine.FindAllStringSubmatch(log, -1) {
		byPort[line[1]] = append(byPort[line[1]], line)
	}
	for i := range all {
		c := &all[i]
		if c.port == "" {
			continue
		}
		lines := byPort[c.port]
		if len(lines) == 0 {
			return false
		}
		server, connected, retries := lines[0][2], lines[0][3] != "-1", lines[0][4]
		byPort[c.port] = lines[1:]
		if connected {
			c.instance = server
		}
		c.refused = retries != "0"
	}
	return true
}
