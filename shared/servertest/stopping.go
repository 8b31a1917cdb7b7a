package servertest

import (
	"fmt"
	"io"
	"syscall"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// stoppingCases are about the end of the server.
var stoppingCases = []testCase{
	{"stops at once when no client is there",
		"A deployment waits for each server that it replaces.",
		stopsEmpty},
	{"lets an open conversation end within the drain",
		"A stop that cuts replies off makes every deployment an outage.",
		drainsInOrder},
	{"closes by force what has not ended after the drain, and counts it",
		"A client that never hangs up must not keep the server from stopping.",
		drainsByForce},
	{"closes accepted clients without a greeting when it stops",
		"A conversation that begins now might have no time to end.",
		closesUnserved},
	{"stops at once while accepting backs off",
		"A stop must not wait for a pause between two tries.",
		stopsInBackoff},
}

// stopAndTime asks the server to stop and returns how long it took. Nothing else may be under way.
func (w *world) stopAndTime() time.Duration {
	began := time.Now()
	w.stop()
	<-w.ended
	return time.Since(began)
}

func stopsEmpty(w *world) error {
	w.start(protocol.Message)
	if err := w.expect("^abc$"); err != nil { // a client was there before
		return err
	}
	if took := w.stopAndTime(); took != 0 {
		return fmt.Errorf("the server took %v to stop with no client there, want 0s", took)
	}
	return nil
}

func drainsInOrder(w *world) error {
	w.start(protocol.Message)
	peers := w.connectMany(w.full())
	for _, p := range peers {
		if err := p.send("^ab"); err != nil {
			return err
		}
	}
	w.stop()
	sleep(drain / 2)
	for i, p := range peers {
		if w.hasEnded() {
			return fmt.Errorf("the server has stopped, and %d of %d clients are still talking to it", len(peers)-i, len(peers))
		}
		if err := p.send("c$^d$"); err != nil {
			return fmt.Errorf("during the drain: %w", err)
		}
		p.CloseWrite()
		synctest.Wait()
	}
	for _, p := range peers {
		if p.replies() != "bcde" || p.ended() != io.EOF {
			return fmt.Errorf("a client that ends within the drain got %q (%v), want %q and then the end", p.replies(), p.ended(), "bcde")
		}
	}
	if !w.hasEnded() {
		return fmt.Errorf("the last conversation has ended, and the server still drains")
	}
	if w.forced != 0 {
		return fmt.Errorf("%d conversations were closed by force, want none", w.forced)
	}
	return nil
}

func (w *world) hasEnded() bool {
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

func drainsByForce(w *world) error {
	w.start(protocol.Message)
	for i := range w.full() {
		if i%2 == 0 {
			w.connect() // and is silent
		} else {
			w.connectMute() // and does not even read the greeting
		}
	}
	synctest.Wait()
	if took := w.stopAndTime(); took != drain {
		return fmt.Errorf("with clients that never end the server took %v to stop, want the drain, %v", took, drain)
	}
	if w.forced != w.full() {
		return fmt.Errorf("the server says that it closed %d by force, want %d", w.forced, w.full())
	}
	return nil
}

func closesUnserved(w *world) error {
	w.start(protocol.Message)
	peers := w.connectMany(w.full() + 5)
	w.stop()
	synctest.Wait()
	waiting := peers[min(w.promise.Greeted, len(peers)):]
	for _, p := range waiting {
		if p.greeted() || p.ended() == nil {
			return fmt.Errorf("a waiting client is greeted or left open when the server stops")
		}
	}
	late := w.connect()
	if late.ended() == nil || late.greeted() {
		return fmt.Errorf("the server accepts a client after its stop")
	}
	served := peers[:len(peers)-len(waiting)]
	for _, p := range served {
		if err := p.send("^abc$"); err != nil || p.replies() != "bcd" {
			return fmt.Errorf("during the drain a served client got %q, want %q (%v)", p.replies(), "bcd", err)
		}
		p.CloseWrite()
	}
	synctest.Wait()
	for _, p := range waiting {
		if p.greeted() {
			return fmt.Errorf("a client that waited at the stop was greeted when a place became free")
		}
	}
	return nil
}

func stopsInBackoff(w *world) error {
	for range 50 {
		w.network.Fail(syscall.EMFILE)
	}
	w.start(protocol.Message)
	sleep(10 * time.Second) // by now the pauses are the longest
	if took := w.stopAndTime(); took != 0 {
		return fmt.Errorf("the server took %v to stop while accepting backed off, want 0s", took)
	}
	return nil
}
