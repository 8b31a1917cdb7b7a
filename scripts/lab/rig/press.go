package rig

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
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
// open loop. They come at random moments. Then no more clients come, and Arrive waits for
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
	for _, since := range arrivals(paces) {
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

// arrivals returns when clients come, since the beginning. It is the same for every server that is compared. Clients
// come as in a Poisson process of which is known how many events it has at each pace: independently of each other, at any
// moment. Without that, the chance of a short time would make one load another.
func arrivals(paces []Pace) (all []time.Duration) {
	chance := rand.New(rand.NewPCG(1, 2))
	begin := time.Duration(0)
	for _, p := range paces {
		for range int(math.Round(p.Rate * p.For.Seconds())) {
			all = append(all, begin+time.Duration(chance.Float64()*float64(p.For)))
		}
		begin += p.For
	}
	slices.Sort(all)
	return all
}
