//go:build exercise

package warmup

import (
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/docs/exercises/internal/bubble"
	"example.com/concurrent-servers/shared/memnet"
)

func TestTake(t *testing.T) {
	bubble.Run(t, "Take waits although there are slots, so no client is served.", func(t *testing.T) {
		slots := make(chan struct{}, 2)
		var served atomic.Int64
		for range 3 {
			go func() { Take(slots); served.Add(1) }()
		}
		synctest.Wait()
		if n := served.Load(); n > 2 {
			t.Errorf("There are 2 slots, and %d of 3 clients are served at once.", n)
		}
		if served.Load() == 2 {
			<-slots
		}
	})
}

func TestStart(t *testing.T) {
	bubble.Run(t, "The server waits for ever for a client that has left.", func(t *testing.T) {
		var clients sync.WaitGroup
		began := time.Now()
		Start(&clients, func() { time.Sleep(time.Second) })
		if time.Since(began) > 0 {
			t.Fatal("The next client waits until this one leaves.")
		}
		clients.Wait()
		if time.Since(began) < time.Second {
			t.Error("The server stops in the middle of a client's reply.")
			time.Sleep(time.Second)
		}
	})
}

func TestFinish(t *testing.T) {
	bubble.Run(t, "All clients are served, and the worker waits for ever.", func(t *testing.T) {
		jobs := make(chan func(), 2)
		done := 0
		for range 2 {
			jobs <- func() { done++ }
		}
		Finish(jobs)
		for job := range jobs {
			job()
		}
		if done != 2 {
			t.Errorf("The jobs of 2 clients were in the queue, and %d were done.", done)
		}
	})
}

func TestChange(t *testing.T) {
	var c Counter
	c.Change(func(n int) int { return n + 1 })
	if !c.mu.TryLock() {
		t.Fatal("All other clients wait for the lock for ever.")
	}
	c.mu.Unlock()
	func() {
		defer func() { recover() }()
		c.Change(func(int) int { panic("a bug") })
	}()
	if !c.mu.TryLock() {
		t.Fatal("One client's f panics, and all others wait for ever.")
	}
	if c.n != 1 {
		t.Errorf("One client added 1, and the counter is %d.", c.n)
	}
}

func TestTrySend(t *testing.T) {
	bubble.Run(t, "The queue is full, and TrySend makes the client wait.", func(t *testing.T) {
		queue, nothing := make(chan func(), 1), func() {}
		if !TrySend(queue, nothing) || len(queue) != 1 {
			t.Error("The queue had room for a client, and TrySend did not queue its job.")
		}
		if TrySend(queue, nothing) {
			t.Error("The queue was full, and the client was told that its job is in it.")
		}
	})
}

func TestReceive(t *testing.T) {
	bubble.Run(t, "There is a client's job, and the worker does not take it.", func(t *testing.T) {
		q := new(Queue)
		q.arrived = sync.NewCond(&q.mu)
		var received atomic.Bool
		go func() {
			defer func() {
				if v := recover(); v != nil {
					t.Errorf("A worker was woken and took a client's job that wasn't there: panic: %v", v)
				}
			}()
			q.Receive()
			received.Store(true)
		}()
		synctest.Wait()
		q.arrived.Broadcast() // another worker has taken the job already
		synctest.Wait()
		q.mu.Lock()
		q.jobs = append(q.jobs, func() {})
		q.mu.Unlock()
		q.arrived.Broadcast()
		synctest.Wait()
		if !received.Load() && !t.Failed() {
			t.Error("There is a client's job, and the worker does not take it.")
		}
	})
}

func TestReadWithin(t *testing.T) {
	bubble.Run(t, "A client is silent, and the server waits for ever.", func(t *testing.T) {
		ln := memnet.Listen()
		client := ln.Dial()
		conn, _ := ln.Accept()
		began := time.Now()
		buf := make([]byte, 1)
		_, err := ReadWithin(conn, buf, time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("A client is silent, and has 1s. ReadWithin gave up after %v.", took)
		}
		conn.SetReadDeadline(time.Time{})
		go client.Write([]byte("x"))
		if n, _ := conn.Read(buf); n == 0 {
			t.Error("The client speaks again, and the server can't hear it: the connection must stay open.")
		} else if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("A client was silent, and the error is: %v. It should be os.ErrDeadlineExceeded.", err)
		}
		client.Close()
	})
}

func TestDone(t *testing.T) {
	bubble.Run(t, "The client has nothing more to say, and the server waits for it for ever.", func(t *testing.T) {
		ln := memnet.Listen()
		client := ln.Dial()
		server, _ := ln.Accept()
		go func() {
			io.ReadAll(server) // until the client has nothing more to say
			server.Write([]byte("the last reply"))
			server.Close()
		}()
		Done(client)
		if reply, err := io.ReadAll(client); string(reply) != "the last reply" {
			t.Errorf("The client reads %q in place of the last reply: %v", reply, err)
		}
	})
}

func TestSafely(t *testing.T) {
	defer func() {
		if v := recover(); v != nil {
			t.Errorf("A client's job panics, and the whole server ends: %v", v)
		}
	}()
	ran := false
	Safely(func() { ran = true })
	if !ran {
		t.Error("Safely did not run the client's job.")
	}
	Safely(func() { panic("a bug") })
}
