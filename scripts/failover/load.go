package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"example.com/concurrent-servers/shared/client"
)

// A conversation is what became of one.
type conversation struct {
	began, ended time.Time
	waited       time.Duration // for the greeting
	failure      string        // "" if there was none
}

// load lets clients talk, one conversation after the other, and begins none after until.
func load(ctx context.Context, addr string, set settings, until time.Time) []conversation {
	var mu sync.Mutex
	var all []conversation
	talk := client.Run{Dial: client.Dial(addr), Clients: 1, Pause: set.pause, Log: slog.New(slog.DiscardHandler)}
	var clients sync.WaitGroup
	for range set.clients {
		clients.Go(func() {
			for ctx.Err() == nil && time.Now().Before(until) {
				began := time.Now()
				lane := talk.Do(ctx).Lanes[0]
				c := conversation{began, time.Now(), lane.Waited, lane.Failure}
				if c.failure != "" {
					wait(ctx, set.pause) // who is turned away does not come back at once
				}
				mu.Lock()
				all = append(all, c)
				mu.Unlock()
			}
		})
	}
	clients.Wait()
	slices.SortFunc(all, func(a, b conversation) int { return a.began.Compare(b.began) })
	return all
}
