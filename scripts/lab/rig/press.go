package rig

import (
	"context"
	"iter"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"example.com/concurrent-servers/shared/client"
)

// Press has clients request path again and again for the time d, each as soon as its last request has ended, however
// it ended. It counts over that time. Then it waits as long again for the requests that are still open, to learn how
// long they take.
func Press(ctx context.Context, dial Dial, path string, clients int, d time.Duration) *Load {
	l := newLoad(0, d)
	ctx, stop := context.WithDeadline(ctx, l.began.Add(2*d))
	defer stop()
	ask := Once(dial, path, time.Minute)
	var asking sync.WaitGroup
	for range clients {
		asking.Go(func() {
			for began := time.Now(); time.Since(l.began) < d && !ended(ctx); began = time.Now() {
				end := ask(ctx, began)
				l.note(began, began, end)
				if end != Answered {
					client.Sleep(ctx, afterFailure)
				}
			}
		})
	}
	asking.Wait()
	return l
}

// afterFailure is how long a client that presses takes to come back if it was not answered.
const afterFailure = time.Millisecond

// A Pace is a rate, in clients per second, that is kept for some time.
type Pace struct {
	Rate float64
	For  time.Duration
}

// Arrive has clients come at one pace after another, whether or not the clients before them have been answered: an
// open loop. The gaps between them are distributed exponentially. Then no more clients come, and Arrive waits for
// those that are there, but not longer than the time after. It counts over the time in which clients came.
func Arrive(ctx context.Context, ask Ask, after time.Duration, paces ...Pace) *Load {
	l := newLoad(0, 0)
	for _, p := range paces {
		l.To += p.For
	}
	ctx, stop := context.WithDeadline(ctx, l.began.Add(l.To+after))
	defer stop()
	var clients sync.WaitGroup
	var open atomic.Int64
	most := int64(MostClients())
	for since := range arrivals(paces) {
		came := l.began.Add(since)
		if client.Sleep(ctx, time.Until(came)) != nil {
			break
		}
		started := time.Now()
		if open.Load() >= most {
			l.note(came, started, Unstarted)
			continue
		}
		open.Add(1)
		clients.Go(func() {
			defer open.Add(-1)
			end := ask(ctx, came)
			l.note(came, started, end)
		})
	}
	clients.Wait()
	return l
}

// arrivals returns when clients come, since the beginning. It is the same for every server that is compared.
func arrivals(paces []Pace) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		gaps := rand.New(rand.NewPCG(1, 2))
		begin := time.Duration(0)
		for _, p := range paces {
			end := begin + p.For
			for at := begin; p.Rate > 0; {
				at += time.Duration(gaps.ExpFloat64() / p.Rate * float64(time.Second))
				if at >= end {
					break
				}
				if !yield(at) {
					return
				}
			}
			begin = end
		}
	}
}
