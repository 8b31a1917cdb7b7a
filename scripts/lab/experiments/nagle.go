package experiments

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

func init() {
	add(Experiment{
		Name:   "nagle",
		Place:  100,
		Claim:  "a write for each byte costs about 40 ms in the first reply",
		Source: "our own, from the log in Bendersky's part 2",
		Shows: "Measures the time from a client's first words to the last byte of the reply, from a server that writes byte by " +
			"byte, from the same with TCP_NODELAY set, as Go does by default, and from part 2, which writes once.",
		Bars: []string{"median reply"},
		Setup: func(fs *flag.FlagSet) Run {
			clients := count(fs, "clients", 20, "the `number` of clients, one after the other")
			return func(ctx context.Context, t *Trial) error { return nagle(ctx, t, *clients) }
		},
	})
}

const (
	firstWords = "^abc$de^abte$f"
	firstReply = "bcdbcuf"
)

func nagle(ctx context.Context, t *Trial, clients int) error {
	t.Steps(3)
	medians := make(map[string]time.Duration)
	measure := func(name, addr string) error {
		times, err := firstReplies(ctx, addr, clients)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		medians[name] = times[len(times)/2]
		t.Row(name, Time("fastest reply", times[0]), Time("median reply", medians[name]), Time("slowest reply", times[len(times)-1]))
		return nil
	}
	for _, way := range []struct {
		name    string
		noDelay bool
	}{{"byte by byte", false}, {"byte by byte, no delay", true}} {
		t.Step("%s, %d clients", way.name, clients)
		slow := func(conn net.Conn) { // as a server must not answer, so it is no part
			conn.(*net.TCPConn).SetNoDelay(way.noDelay)
			protocol.Message(byteWriter{conn})
		}
		if err := rig.Serve(slow, func(addr string) error { return measure(way.name, addr) }); err != nil {
			return err
		}
	}
	t.Step("one write, %d clients", clients)
	err := t.Servers.With(ctx, rig.Threaded, []string{"-quiet"}, func(s *rig.Server) error { return measure("one write (part 2)", s.Addr) })
	if err != nil {
		return err
	}
	nagleVerdicts(t, medians["byte by byte"], medians["byte by byte, no delay"], medians["one write (part 2)"])
	return nil
}

// slowReply is a time that no reply takes over loopback unless something holds it back on purpose.
const slowReply = 20 * time.Millisecond

func nagleVerdicts(t *Trial, delayed, undelayed, once time.Duration) {
	v := Verdict{
		Claim:    "a write for each byte costs about 40 ms",
		Expected: "20 to 100 ms more",
		Measured: console.Duration(delayed-once) + " more",
		Holds:    delayed-once >= slowReply && delayed-once <= 5*slowReply,
	}
	switch {
	case v.Holds:
		v.Why = "The first byte leaves at once. By Nagle's algorithm the others wait until it has been acknowledged, and the client's system acknowledges late, in the hope that it has something to send as well."
	case delayed < slowReply:
		v.Why = "Nothing was held back here: the client's system acknowledged the first byte at once, so the others did not have to wait for that."
	}
	t.Verdict(v)
	t.Verdict(Verdict{
		Claim:    "one write for the whole reply costs no such delay, nor does TCP_NODELAY",
		Expected: "less than " + console.Duration(slowReply),
		Measured: console.Duration(once) + " and " + console.Duration(undelayed),
		Holds:    once < slowReply && undelayed < slowReply,
	})
}

// firstReplies are the times of so many clients, sorted.
func firstReplies(ctx context.Context, addr string, clients int) ([]time.Duration, error) {
	var times []time.Duration
	for range clients {
		took, err := replyTime(ctx, addr)
		if ctx.Err() != nil {
			return nil, console.ErrInterrupted
		}
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	return times, nil
}

func replyTime(ctx context.Context, addr string) (time.Duration, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	reply := make([]byte, len(firstReply))
	if _, err := io.ReadFull(conn, reply[:1]); err != nil { // the greeting
		return 0, err
	}
	began := time.Now()
	if _, err := io.WriteString(conn, firstWords); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(conn, reply); err != nil {
		return 0, err
	}
	took := time.Since(began)
	if string(reply) != firstReply {
		return 0, fmt.Errorf("got %q, want %q", reply, firstReply)
	}
	return took, nil
}

// byteWriter writes byte by byte.
type byteWriter struct{ net.Conn }

func (w byteWriter) Write(p []byte) (int, error) {
	for i := range p {
		if n, err := w.Conn.Write(p[i : i+1]); err != nil {
			return i + n, err
		}
	}
	return len(p), nil
}
