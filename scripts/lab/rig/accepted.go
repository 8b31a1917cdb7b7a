package rig

import (
	"context"
	"net"
	"regexp"
	"time"
)

// logPatience is how long the lab waits for lines of a server's log, in all. The server writes a line
// before it goes on, so all of them are on their way when the clients are done.
const logPatience = time.Second

// Accepted returns a function that tells from the server's log when a client was accepted. It returns
// the zero time if the log does not say so: not every server logs. See [client.Run].
func (s *Server) Accepted(ctx context.Context) func(client net.Addr) time.Time {
	var deadline time.Time
	return func(client net.Addr) (at time.Time) {
		now := time.Now()
		if deadline.IsZero() {
			deadline = now.Add(logPatience)
		}
		patient, stop := context.WithDeadline(ctx, deadline)
		defer stop()
		s.AwaitLog(patient, func(log string) bool {
			at = acceptedAt(log, client.String(), now)
			return !at.IsZero()
		})
		return at
	}
}

// acceptedLine is what [server.Main] logs for a client: the time of day, and the client's address. With
// colours, escape sequences stand around the time.
var acceptedLine = regexp.MustCompile(`(\d\d:\d\d:\d\d\.\d{3})[^\n]* accepted (\S+)\n`)

// acceptedAt returns when the client was accepted, by a log that was read at the time read. It returns
// the zero time if the log does not say so.
func acceptedAt(log, client string, read time.Time) time.Time {
	for _, m := range acceptedLine.FindAllStringSubmatch(log, -1) {
		clock, err := time.Parse("15:04:05.000", m[1])
		if err != nil || m[2] != client {
			continue
		}
		at := time.Date(read.Year(), read.Month(), read.Day(), clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond(), read.Location())
		if at.After(read) { // the line is from before midnight
			at = at.AddDate(0, 0, -1)
		}
		return at
	}
	return time.Time{}
}
