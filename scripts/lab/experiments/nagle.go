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

var nagle = Experiment{
	Name:   "nagle",
	Claim:  "a write for each byte costs about 40 ms in the first reply",
	Source: "our own, from the log in Bendersky's part 2",
	Shows: "Measures the time from a client's first words to the last byte of the reply, from a server that writes byte by " +
		"byte, from the same with TCP_NODELAY set, as Go does by default, and from part 2, which writes once.",
	Bars: []string{"median reply"},
	Setup: func(fs *flag.FlagSet) Run {
		var p replies
		console.CountVar(fs, &p.clients, "clients", 20, "the `number` of clients, one after the other")
		return p.run
	},
}

type replies struct{ clients int }

const (
	firstWords = "^abc$de^abte$f"
	firstReply = "bcdbcuf"
)

func (p *replies) run(ctx context.Context, t *Trial) (r Result, err error) {
	t.Steps(3)
	var medians []time.Duration
	measure := func(name, addr string) error {
		var times []time.Duration
		for range p.clients {
			took, err := replyTime(ctx, addr)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			times = append(times, took)
		}
		slices.Sort(times)
		median := times[len(times)/2]
		medians = append(medians, median)
		r.Row(name, Time("fastest reply", times[0]), Time("median reply", median), Time("slowest reply", times[len(times)-1]))
		return nil
	}
	for _, way := range []struct {
		name    string
		noDelay bool
	}{{"byte by byte", false}, {"byte by byte, no delay", true}} {
		t.Step("%s, %d clients", way.name, p.clients)
		slow := func(conn net.Conn) { // a server must not answer like this, so no part does
			conn.(*net.TCPConn).SetNoDelay(way.noDelay)
			protocol.Message(byteWriter{conn})
		}
		if err := rig.Serve(slow, func(addr string) error { return measure(way.name, addr) }); err != nil {
			return r, err
		}
	}
	t.Step("one write, %d clients", p.clients)
	err = t.With(ctx, rig.Threaded, []string{"-quiet"}, func(s *rig.Server) error {
		return measure(s.Label("one write (part 2)"), s.Addr)
	})
	if err != nil {
		return r, err
	}
	r.Verdicts = nagleVerdicts(medians[0], medians[1], medians[2])
	return r, nil
}

// slowReply is a time that no reply takes over loopback unless something holds it back on purpose.
const slowReply = 20 * time.Millisecond

// nagleVerdicts judges by the median replies of the three servers.
func nagleVerdicts(delayed, undelayed, once time.Duration) []Verdict {
	costs := Verdict{Claim: "a write for each byte costs about 40 ms", Answer: answer(delayed-once >= slowReply && delayed-once <= 5*slowReply),
		Expected: "20 to 100 ms more", Measured: console.Duration(delayed-once) + " more"}
	switch {
	case costs.Answer == Holds:
		costs.Why = "The first byte leaves at once. By Nagle's algorithm the others wait until it has been acknowledged, and the client's system acknowledges late, in the hope that it has something to send as well."
	case delayed < slowReply:
		costs.Why = "Nothing was held back here: the client's system acknowledged the first byte at once, so the others did not have to wait for that."
	}
	return []Verdict{costs, {Claim: "one write for the whole reply costs no such delay, nor does TCP_NODELAY", Answer: answer(once < slowReply && undelayed < slowReply),
		Expected: "less than " + console.Duration(slowReply), Measured: console.Duration(once) + " and " + console.Duration(undelayed)}}
}

// replyTime returns the time that one client waits for the whole first reply.
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
