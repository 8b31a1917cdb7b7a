package experiments

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"time"

	"example.com/concurrent-servers/scripts/lab/rig"
	"example.com/concurrent-servers/shared/client"
	"example.com/concurrent-servers/shared/console"
	"example.com/concurrent-servers/shared/protocol"
)

var nagle = Experiment{
	Name:   "nagle",
	Claim:  "a write for each byte costs about 40 ms, in the first reply",
	Source: "our own, from the log in Bendersky's part 2",
	Shows: "Measures how long a client waits for the last byte of a reply, from a server that writes byte by byte, from " +
		"the same with TCP_NODELAY set, as Go does by default, and from part 2, which writes once: for its first words, for its " +
		"next words at once after that reply, and for words after a pause.",
	Bars: []string{"reply"},
	Setup: func(fs *flag.FlagSet) Run {
		var p replies
		console.CountVar(fs, &p.clients, "clients", 3, "the `number` of clients in each round, one after the other")
		console.DurationVar(fs, &p.pause, "pause", 200*time.Millisecond, 10*time.Millisecond, time.Minute, "the `time` for which a client says nothing")
		return p.run
	},
}

type replies struct {
	clients int
	pause   time.Duration
}

const (
	firstWords = "^abc$de^abte$f"
	firstReply = "bcdbcuf"
)

// The ways to write a reply.
const (
	byteByByte = "byte by byte"
	noDelay    = "byte by byte, no delay"
	oneWrite   = "one write (part 2)"
)

// A replied is how long replies took, in seconds, in each round.
type replied struct{ first, next, later Sample }

func (p *replies) run(ctx context.Context, t *Trial) (r Result, err error) {
	got := make(map[string]replied)
	measure := func(way, name, addr string) {
		var all replied
		for range p.clients {
			all = all.and(p.replyTimes(ctx, addr))
		}
		first, next, later := all.first.Median(), all.next.Median(), all.later.Median()
		got[way] = got[way].and([3]float64{first, next, later})
		r.Row(name+", first", reply(first))
		r.Row(name+", at once after it", reply(next))
		r.Row(name+", after a pause", reply(later))
	}
	round := func() error {
		for _, way := range []string{byteByByte, noDelay} {
			t.Step("%s, %s", way, several(p.clients, "client"))
			slow := func(conn net.Conn) { // a server must not answer like this, so no part does
				conn.(*net.TCPConn).SetNoDelay(way == noDelay)
				protocol.Message(byteWriter{conn})
			}
			if err := rig.Serve(slow, func(addr string) error { measure(way, way, addr); return ctx.Err() }); err != nil {
				return err
			}
		}
		t.Step("%s, %s", oneWrite, several(p.clients, "client"))
		return t.Try(ctx, rig.Threaded, []string{"-quiet"}, func(s *rig.Server) error {
			measure(oneWrite, s.Label(oneWrite), s.Addr)
			return nil
		})
	}
	r.Verdicts, err = t.Repeat(ctx, 3, round, func() []Verdict { return nagleVerdicts(got) })
	return r, err
}

// and adds three times.
func (r replied) and(times [3]float64) replied {
	return replied{append(r.first, times[0]), append(r.next, times[1]), append(r.later, times[2])}
}

func reply(seconds float64) Figure {
	f := Figure{Name: "reply", Value: seconds, Unit: Seconds}
	if math.IsInf(seconds, 1) {
		f.Value = rig.Unknown
		return f.As("none")
	}
	return f
}

// nagleVerdicts judges by the replies of the three servers.
func nagleVerdicts(got map[string]replied) []Verdict {
	slow, once, undelayed := got[byteByByte], got[oneWrite], got[noDelay]
	const least, most = .02, .1 // seconds; the delay is the system's, and it is 40 ms on Linux
	delayed := func(claim string, slow, once Sample) Verdict {
		more := slow.over(once)
		return Verdict{Claim: claim, Answer: more.Within(least, most), Expected: "20 to 100 ms more", Measured: more.In(Seconds) + " more"}
	}
	first := delayed("a write for each byte makes the first reply about 40 ms late", slow.first, once.first)
	switch first.Answer {
	case Holds:
		first.Why = "The first byte leaves at once. By Nagle's algorithm the others wait until it has been acknowledged, and the client's system acknowledges late, in the hope that it has something to send as well."
	case DoesNotHold:
		if first.Why = ""; slow.first.Median() >= least {
			break
		}
		first.Why = "Nothing was held back here: the client's system acknowledged the first byte at once, so the others did not have to wait for that."
	}
	next := delayed("a reply that immediately follows another is late, too", slow.next, once.next)
	quick := func(claim string, samples ...Sample) Verdict {
		v := Verdict{Claim: claim, Answer: Holds, Expected: "less than 20ms"}
		for i, s := range samples {
			v.Answer = both(v.Answer, s.Within(0, least))
			v.Measured += strings.Repeat(" and ", min(i, 1)) + s.In(Seconds)
		}
		return v
	}
	later := quick("a reply after a pause is not late", slow.later)
	if later.Answer == Holds {
		later.Why = "After a pause the client's system no longer takes the conversation for a quick exchange, and acknowledges at once."
	}
	return []Verdict{first, next, later, quick("one write for the whole reply costs no such delay, and neither does TCP_NODELAY", once.first, undelayed.first)}
}

// over returns by how much s was more than t in each round: infinitely, if one of them was never.
func (s Sample) over(t Sample) (more Sample) {
	for i := range min(len(s), len(t)) {
		if d := s[i] - t[i]; math.IsInf(d, 0) || math.IsNaN(d) {
			more = append(more, math.Inf(1))
		} else {
			more = append(more, d)
		}
	}
	return more
}

// replyTimes returns how long one client waits for the whole reply to its first words, to words at once after that, and
// to words after a pause. A reply that does not come takes for ever.
func (p *replies) replyTimes(ctx context.Context, addr string) (times [3]float64) {
	times = [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return times
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	conn.SetDeadline(time.Now().Add(10*time.Second + p.pause))
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // the greeting
		return times
	}
	for i, pause := range []time.Duration{0, 0, p.pause} {
		if client.Sleep(ctx, pause) != nil {
			break
		}
		took, err := replyTime(conn)
		if err != nil {
			break
		}
		times[i] = took.Seconds()
	}
	return times
}

// replyTime returns how long the whole reply takes.
func replyTime(conn net.Conn) (time.Duration, error) {
	began, reply := time.Now(), make([]byte, len(firstReply))
	if _, err := io.WriteString(conn, firstWords); err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(conn, reply); err != nil {
		return 0, err
	}
	if string(reply) != firstReply {
		return 0, fmt.Errorf("got %q, want %q", reply, firstReply)
	}
	return time.Since(began), nil
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
