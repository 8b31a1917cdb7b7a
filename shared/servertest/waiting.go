package servertest

import (
	"fmt"
	"testing/synctest"
	"time"

	"example.com/concurrent-servers/shared/protocol"
)

// waitingCases are about which clients are greeted, which are accepted, and which wait.
var waitingCases = []testCase{
	{"greets and accepts as many at once as it promises",
		"Strategies differ in exactly this.",
		keepsPromise},
	{"greets the next client when one leaves",
		"A slot that is not given back is lost until the server restarts.",
		nextWhenOneLeaves},
	{"serves all clients in the end",
		"A client may have to wait, but it must not be forgotten.",
		func(w *world) error { w.start(protocol.Message); return w.crowd(23) }},
	{"gives a slot back when its client resets the connection",
		"A client that crashes must not take the server, or a slot of it, along.",
		resetFreesSlot},
	{"closes a silent client at the idle timeout, and not before",
		"Without the timeout, a client that connects and says nothing holds a slot for ever.",
		idleIsClosed},
	{"serves a good client although silent clients hold all slots",
		"As many silent clients as slots stop a bounded server, but not for longer than the idle timeout.",
		silentCrowd},
	{"closes clients that never read",
		"A reply that the client does not read blocks the server's goroutine in a write.",
		neverReads},
}

// full is how many clients take all slots of the server, or 8 if it has no bound.
func (w *world) full() int { return min(w.promise.Greeted, 8) }

func (w *world) check(peers []*peer) error {
	wantGreeted := min(w.promise.Greeted, len(peers))
	wantAccepted := min(w.promise.Accepted, len(peers))
	if got := greeted(peers); got != wantGreeted {
		return fmt.Errorf("%d of %d clients are greeted at once, want %d", got, len(peers), wantGreeted)
	}
	if got := w.network.Accepted(); got != wantAccepted {
		return fmt.Errorf("%d of %d clients are accepted at once, want %d", got, len(peers), wantAccepted)
	}
	return nil
}

func keepsPromise(w *world) error {
	w.start(protocol.Message)
	var peers []*peer
	for range 2*w.full() + 3 {
		peers = append(peers, w.connect())
		if err := w.check(peers); err != nil {
			return err
		}
	}
	return nil
}

func nextWhenOneLeaves(w *world) error {
	w.start(protocol.Message)
	peers := w.connectMany(3 * w.full())
	for i, p := range peers {
		if !p.greeted() {
			return fmt.Errorf("client %d of %d, in order of arrival, is not greeted when its turn comes", i, len(peers))
		}
		want := min(w.promise.Greeted, len(peers)-i)
		if got := greeted(peers); got != want {
			return fmt.Errorf("with %d clients left, %d are greeted, want %d", len(peers)-i, got, want)
		}
		p.CloseWrite()
		synctest.Wait()
	}
	return nil
}

func resetFreesSlot(w *world) error {
	w.start(protocol.Message)
	for _, p := range w.connectMany(w.full()) {
		if err := p.send("^ab"); err != nil {
			return err
		}
	}
	for i := range 10 {
		next := w.connect()
		w.peers[i].Reset()
		synctest.Wait()
		if !next.greeted() {
			return fmt.Errorf("after %d resets, the next client is not greeted at once", i+1)
		}
	}
	return nil
}

func idleIsClosed(w *world) error {
	w.start(protocol.Message)
	for _, said := range []string{"", "x", "^ab"} {
		p := w.connect()
		if said != "" {
			sleep(idleTimeout / 2) // the time counts from the last byte, not from the beginning
			if err := p.send(said); err != nil {
				return err
			}
		}
		sleep(idleTimeout - time.Millisecond)
		if p.ended() != nil {
			return fmt.Errorf("a client that said %q is closed before it was silent for the idle timeout", said)
		}
		sleep(time.Millisecond)
		if p.ended() == nil {
			return fmt.Errorf("a client that said %q and fell silent is not closed at the idle timeout", said)
		}
	}
	return nil
}

func silentCrowd(w *world) error {
	w.start(protocol.Message)
	w.connectMany(w.full())
	good := w.connect()
	if !good.greeted() {
		if w.promise.Greeted == All {
			return fmt.Errorf("silent clients keep another one from being greeted at once")
		}
		sleep(idleTimeout)
	}
	if !good.greeted() {
		return fmt.Errorf("%d silent clients keep another one out for longer than the idle timeout", w.full())
	}
	if err := good.send("^abc$"); err != nil || good.replies() != "bcd" {
		return fmt.Errorf("beside silent clients a good one is answered %q, want %q (%v)", good.replies(), "bcd", err)
	}
	return nil
}

func neverReads(w *world) error {
	w.start(protocol.Message)
	for range w.full() {
		w.connectMute() // not even the greeting
	}
	good := w.connect()
	sleep(idleTimeout)
	if !good.greeted() {
		return fmt.Errorf("%d clients that never read keep another one out for longer than the idle timeout", w.full())
	}
	return nil
}
